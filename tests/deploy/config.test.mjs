// What deployments rest on: environments that are whole, migrations that the running version bears, options that are what
// they say.

import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { unstable_readConfig } from "wrangler";
import { bill, table } from "../../scripts/cost.mjs";
import { objection } from "../../scripts/deploy/contract.mjs";
import { parse } from "../../scripts/deploy/options.mjs";
import { plan } from "../../scripts/deploy/plan.mjs";
import { migrations, target } from "../../scripts/deploy/target.mjs";
import { PROJECT } from "../../scripts/paths.mjs";
import { Problem } from "../../scripts/process.mjs";

const ENVIRONMENTS = ["production", "staging"];

describe("wrangler.toml", () => {
  const read = (/** @type {string | undefined} */ env) => /** @type {any} */ (unstable_readConfig({ config: join(PROJECT, "wrangler.toml"), env }, { hideWarnings: true }));
  const top = read(undefined);
  const names = (/** @type {any} */ { d1_databases, r2_buckets, durable_objects }) => ({
    d1: d1_databases.map((/** @type {any} */ { binding, migrations_dir }) => [binding, migrations_dir]),
    r2: r2_buckets.map((/** @type {any} */ { binding }) => binding).sort(),
    objects: durable_objects.bindings.map((/** @type {any} */ { name, class_name }) => [name, class_name]).sort(),
  });

  for (const env of ENVIRONMENTS) {
    it(`gives ${env} every binding of the top level, which wrangler does not pass on`, () => {
      const config = read(env);
      assert.deepEqual(names(config), names(top), `copy what is new into [env.${env}]`);
      // A variable that is left out has the same default in the code; wrangler only warns.
      assert.deepEqual(Object.keys(config.vars).filter((name) => !(name in top.vars)), []);
      assert.equal(config.vars.ENVIRONMENT, env);
      assert.deepEqual(config.triggers, top.triggers);
      assert.deepEqual(config.assets, top.assets);
      assert.deepEqual(config.migrations, top.migrations);
    });

    it(`names no id of anybody's account in ${env}`, () => {
      for (const database of read(env).d1_databases) assert.equal(database.database_id, undefined);
    });
  }

  it("lets no two environments share a Worker, a database or a bucket", () => {
    const own = ENVIRONMENTS.map((env) => read(env)).map(({ name, d1_databases, r2_buckets }) => [name, d1_databases[0].database_name, ...r2_buckets.map((/** @type {any} */ { bucket_name }) => bucket_name)]);
    const [first = [], second = []] = own;
    assert.deepEqual(first.filter((name) => second.includes(name)), []);
  });
});

describe("expand, then contract", () => {
  const take = "-- contract-after: 0.3.0\nALTER TABLE users DROP COLUMN name;";

  it("lets through what only adds", () => {
    assert.equal(objection({ file: "a.sql", sql: "CREATE TABLE t (a TEXT) STRICT; -- DROP TABLE is in a comment" }, "0.1.0"), undefined);
  });

  it("refuses to take away what the live version still uses", () => {
    assert.match(objection({ file: "a.sql", sql: take }, "0.2.9") ?? "", /deploy 0\.3\.0 first/);
    for (const live of ["0.3.0", "0.10.0", "1.0.0", undefined]) assert.equal(objection({ file: "a.sql", sql: take }, live), undefined);
  });

  it("asks of whatever takes away since which version it is not used", () => {
    for (const sql of ["DROP TABLE users;", "drop  view v;", "ALTER TABLE a RENAME COLUMN b TO c;", "ALTER TABLE a RENAME TO b;"]) {
      assert.match(objection({ file: "a.sql", sql }, undefined) ?? "", /contract-after/, sql);
    }
  });

  it("holds for the migrations that are there", () => {
    for (const migration of migrations(join(PROJECT, "migrations"))) assert.equal(objection(migration, undefined), undefined);
  });
});

describe("the options of npm run deploy", () => {
  it("are what they say", () => {
    assert.deepEqual(parse([]).steps, []);
    assert.deepEqual(parse(["--gradual"]).steps, [10, 50]);
    assert.deepEqual(parse(["--steps", "1,5,25"]).steps, [1, 5, 25]);
    assert.equal(parse(["--at", "https://api.example.com/path"]).at, "https://api.example.com");
    assert.equal(parse(["--env", "staging"]).env, "staging");
  });

  for (const args of [["--env", "prod"], ["--steps", "50,10"], ["--steps", "0"], ["--steps", "100"], ["--steps", "a"], ["--pause", "soon"], ["--at", "nowhere"], ["--nonsense"], ["word"]]) {
    it(`refuses ${args.join(" ")}`, () => void assert.throws(() => parse(args), Problem));
  }
});

describe("the documents", () => {
  const read = (/** @type {string} */ file) => readFileSync(join(PROJECT, file), "utf8");

  it("show the costs that the script works out", () => {
    const shown = read("docs/cost.md").split("<!-- cost -->\n")[1]?.split("<!-- /cost -->")[0];
    assert.equal(shown, table(), "node scripts/cost.mjs");
  });

  it("explain each event that the log may name", () => {
    const files = globSync("src/**/*.rs", { cwd: PROJECT });
    const named = files.flatMap((file) => [...read(file).matchAll(/"((?:authn|authz|excess|input_validation|sys|sensitive|user|session)_[a-z_]+)"/g)].map(([, name = ""]) => name));
    const events = new Set(named.filter((name) => !name.endsWith("_id")));
    assert.ok(events.size >= 12, [...events].join());
    const explained = read("docs/operate.md");
    for (const event of events) assert.ok(explained.includes(`| \`${event}\` |`), `${event} is not in docs/operate.md`);
  });

  it("lead to files that exist", () => {
    for (const file of globSync("docs/*.md", { cwd: PROJECT })) {
      for (const [, link = ""] of read(file).matchAll(/\]\((?!https?:)([^)#]+)/g)) assert.ok(existsSync(join(PROJECT, dirname(file), link)), `${file}: ${link}`);
    }
  });
});

describe("what it costs", () => {
  it("is the plan alone while all that is used is included", () => assert.equal(bill(1_000).total, 5));

  it("is the price of what goes beyond", () => {
    const [requests] = bill(1_000_000).items;
    assert.ok(requests && Math.abs(requests.cost - ((requests.used - 10e6) / 1e6) * 0.3) < 1e-9 && requests.cost > 0);
  });
});

describe("the plan", () => {
  const live = { version: "00000000-0000-0000-0000-000000000000", split: false, tag: target("production").lastTag };
  const state = { account: { id: "a", name: "A" }, database: true, buckets: target("production").buckets, migrated: target("production").database.migrations.map(({ file }) => file), subdomain: "me", live, secrets: ["JWT_SECRET", "OPERATOR_TOKEN"] };

  it("does nothing to an account in which all is there but the code", () => {
    const { prepare, secrets, replaces } = plan(target("production"), state);
    assert.deepEqual({ prepare, secrets, replaces }, { prepare: [], secrets: [], replaces: false });
  });

  it("moves all traffic at once where Cloudflare can do nothing else", () => {
    assert.equal(plan(target("production"), { ...state, live: { ...live, tag: "v0" } }).replaces, true, "new Durable Objects");
    assert.equal(plan(target("production"), { ...state, live: undefined }).replaces, true, "the first version");
  });

  it("makes only those secrets that are absent", () => {
    assert.deepEqual(plan(target("production"), { ...state, secrets: ["JWT_SECRET"] }).secrets, ["OPERATOR_TOKEN"]);
  });

  it("registers no name on workers.dev where a domain of one's own leads to the Worker", () => {
    const own = { ...target("production"), domains: ["api.example.com"] };
    assert.deepEqual(plan(own, { ...state, subdomain: undefined }).prepare, []);
    assert.equal(plan(target("production"), { ...state, subdomain: undefined }).prepare.length, 1);
  });

});
