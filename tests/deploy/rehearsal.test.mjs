// `npm run deploy` from nothing to live and on to the next version, against Cloudflare's API on loopback, with every kind of
// call going wrong once in each way that calls go wrong.

import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { ACCOUNT } from "./cloudflare.mjs";
import { Rehearsal } from "./rehearsal.mjs";

const CHANGES = /^(POST|PUT|PATCH|DELETE) /;
const QUERY = "POST /accounts/:account/d1/database/:name/query";

describe("npm run deploy", () => {
  const rehearsal = new Rehearsal();
  const { cloudflare } = rehearsal;
  before(() => rehearsal.start());
  beforeEach(() => rehearsal.reset());
  after(() => rehearsal.stop());

  const deploy = (/** @type {string[]} */ ...args) => rehearsal.deploy(["--yes", ...args]);
  const succeeds = async (/** @type {string[]} */ ...args) => {
    const run = await deploy(...args);
    assert.equal(run.code, 0, run.output);
    return run;
  };
  const applied = () => cloudflare.databases.get("edgekeep")?.db.prepare("SELECT name FROM d1_migrations ORDER BY id").all().map(({ name }) => name);
  const files = readdirSync(new URL("../../migrations", import.meta.url)).filter((file) => file.endsWith(".sql")).sort();

  /** Whatever happened on the way, this is how it must end. */
  const endsWell = (/** @type {number} */ version) => {
    assert.deepEqual(rehearsal.traffic(), [[version, 100]]);
    assert.deepEqual(applied(), files, "each migration once");
    assert.ok(cloudflare.assets.size > 0, "the web app");
    assert.deepEqual([...cloudflare.databases.keys()], ["edgekeep"]);
    assert.deepEqual([...cloudflare.buckets], ["edgekeep-backups"]);
    assert.ok(cloudflare.subdomain);
    assert.ok((rehearsal.script?.crons.length ?? 0) > 0);
    const secrets = rehearsal.script?.secrets;
    assert.match(secrets?.get("JWT_SECRET") ?? "", /^[\w-]{43}$/, "32 random bytes");
    const kept = join(rehearsal.config, "edgekeep", ACCOUNT, "edgekeep", "OPERATOR_TOKEN");
    assert.equal(readFileSync(kept, "utf8").trim(), secrets?.get("OPERATOR_TOKEN"), "the operator's own copy");
    assert.equal(statSync(kept).mode & 0o077, 0, "which nobody else can read");
    for (const { bindings } of rehearsal.script?.versions ?? []) {
      const d1 = bindings.find(({ type }) => type === "d1");
      assert.equal(d1.id, cloudflare.databases.get("edgekeep")?.uuid, "and every version is bound to the one database");
    }
  };

  it("takes an account from nothing to live, shows the plan and asks first", async () => {
    const unasked = await rehearsal.deploy([]);
    assert.equal(unasked.code, 1);
    assert.match(unasked.output, /D1 database edgekeep +create[\s\S]*nobody to ask/);
    assert.deepEqual(cloudflare.calls.filter(({ call }) => CHANGES.test(call)), [], "and nothing was done");
    await succeeds();
    endsWell(1);
  });

  it("applies the migrations before the code", async () => {
    await succeeds();
    const calls = cloudflare.calls.map(({ call }) => call);
    const last = calls.lastIndexOf(QUERY);
    assert.ok(last > 0 && last < calls.indexOf("PUT /accounts/:account/workers/scripts/:name"), calls.join("\n"));
  });

  it("prints every call with --dry-run, and makes none that changes anything", async () => {
    const { code, output } = await rehearsal.deploy(["--dry-run"]);
    assert.equal(code, 0, output);
    for (const call of ["wrangler d1 create edgekeep", "wrangler r2 bucket create", "PUT /accounts/", "d1 migrations apply DB --remote", "wrangler deploy --env production"]) {
      assert.ok(output.includes(call), `${call} in ${output}`);
    }
    assert.deepEqual(cloudflare.calls.filter(({ call }) => CHANGES.test(call)), []);
  });

  it("puts the next version in front of nobody before it was tested, and leaves alone what is there", async () => {
    await succeeds();
    const secret = rehearsal.script?.secrets.get("JWT_SECRET");
    rehearsal.served = [];
    const { output } = await succeeds("--steps", "10,50", "--pause", "0");
    endsWell(2);
    assert.equal(rehearsal.script?.secrets.get("JWT_SECRET"), secret);
    const shares = rehearsal.script?.deployments.map(({ versions }) => versions.find(({ version_id }) => version_id === rehearsal.script?.versions[1]?.id)?.percentage);
    assert.deepEqual(shares, [100, 50, 10, 0, undefined]);
    assert.match(output, /D1 database edgekeep +is there/);
    assert.equal(rehearsal.served.filter((number) => number === 2).length, rehearsal.served.length - 1, "the tests met the new version; only the question for what is live met the old");
  });

  it("takes back a version that fails its test before anybody meets it", async () => {
    await succeeds();
    rehearsal.spoiled.add(2);
    const { code, output } = await deploy();
    assert.equal(code, 1);
    assert.match(output, /taken back[\s\S]*GET \/healthz: 500[\s\S]*Nobody has met it/);
    endsWell(1);
    const shares = rehearsal.script?.deployments.flatMap(({ versions }) => versions).filter(({ version_id }) => version_id === rehearsal.script?.versions[1]?.id);
    assert.deepEqual(shares?.map(({ percentage }) => percentage), [0]);
    await succeeds();
    endsWell(3);
  });

  it("takes back a version that fails while it serves a part of the traffic", async () => {
    await succeeds();
    let moves = 0;
    cloudflare.mishap = (call) => {
      // To 0, 10 and then 50 %: there it goes bad.
      if (call === "POST /accounts/:account/workers/scripts/:name/deployments" && ++moves === 3) rehearsal.spoiled.add(2);
      return undefined;
    };
    const { code, output } = await deploy("--steps", "10,50", "--pause", "0");
    assert.equal(code, 1);
    assert.match(output, /taken back[\s\S]*Up to 50 % of the requests/);
    endsWell(1);
  });

  it("says that a first version that fails is live, and ends well when it was repaired", async () => {
    rehearsal.spoiled.add(1);
    const { code, output } = await deploy();
    assert.equal(code, 1);
    assert.match(output, /is live and does not work[\s\S]*no version before/);
    await succeeds();
    endsWell(2);
  });

  it("says what to do when R2 is not switched on, nobody is logged in, or the account is not clear", async () => {
    cloudflare.r2 = false;
    assert.match((await deploy()).output, /R2.* is not switched on[\s\S]*https:\/\/dash/);
    cloudflare.r2 = true;
    const elsewhere = { CLOUDFLARE_API_TOKEN: "", XDG_CONFIG_HOME: tmpdir(), HOME: tmpdir() };
    assert.match((await rehearsal.deploy(["--yes"], elsewhere)).output, /Nobody is logged in[\s\S]*wrangler login/);
    assert.match((await rehearsal.deploy(["--yes"], { CLOUDFLARE_ACCOUNT_ID: "other" })).output, /no account other[\s\S]*CLOUDFLARE_ACCOUNT_ID=/);
  });

  it("goes on where it stopped when each call fails in turn, from nothing and to the next version", { timeout: 1_200_000 }, async () => {
    for (const [version, least] of /** @type {const} */ ([["first", 15], ["next", 10]])) {
      /** @type {Set<string>} */
      const struck = new Set();
      let runs = 0;
      for (let now = "start"; now; runs += 1) {
        now = "";
        // Once in a run: the first kind of call that was not struck yet is refused; one that changes something is, in
        // another run, carried out and its answer lost.
        cloudflare.mishap = (call) => {
          /** @type {("refuse" | "lose")[]} */
          const ways = CHANGES.test(call) && call !== QUERY ? ["refuse", "lose"] : ["refuse"];
          const way = now ? undefined : ways.find((one) => !struck.has(`${one} ${call}`));
          if (way) struck.add((now = `${way} ${call}`));
          return way;
        };
        const { code, output } = await deploy();
        if (!now) assert.equal(code, 0, output);
        assert.doesNotMatch(output, /^\s+at .*\.mjs:\d+/m, `words for people, not a stack, after ${now}`);
        assert.ok(runs < 80, "it comes to an end");
      }
      endsWell(rehearsal.script?.versions.at(-1)?.number ?? 0);
      assert.ok(struck.size >= least, [...struck].join("\n"));
      console.log(`    ${version} version: ${struck.size} failures, ${runs} runs`);
    }
  });

  it("never printed a secret, nor left one in a file", () => {
    assert.ok(cloudflare.received.length > 0);
    for (const secret of cloudflare.received) assert.ok(!rehearsal.outputs.includes(secret));
    assert.deepEqual(readdirSync(tmpdir()).filter((name) => name.startsWith("edgekeep-secrets-")), []);
  });
});
