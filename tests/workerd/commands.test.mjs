// `npm run backup` and `npm run restore` as programs, on a local state of their own: with the server running and without,
// plain and encrypted, and the drill: dump, destroy, restore, log in with the old password, be refused with the old token.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { generateIdentity, identityToRecipient } from "age-encryption";
import { PROJECT } from "../../scripts/paths.mjs";
import { freePort } from "../../scripts/ports.mjs";
import { sleep } from "../../scripts/process.mjs";
import { wrangler, wranglerEnvironment } from "../../scripts/wrangler.mjs";
import { databaseFile } from "./harness.mjs";

const SETTINGS = { ENVIRONMENT: "development", JWT_SECRET: "dGVzdHMgb25seTogbmV2ZXIgYSByZWFsIHNlY3JldCE", OPERATOR_TOKEN: "fQ7mV2xLr9TzB4kNw8PcJ5sHd3GyEa6uXoKi1RbMnZ0", OPERATOR_LIMIT: "10000/minute" };
const ACCOUNT = { email: "drill@example.com", password: "engine weaves patterns like a loom" };

/** A local state, its settings, and the programs on it. */
class Local {
  folder = mkdtempSync(join(tmpdir(), "edgekeep-commands-"));
  state = join(this.folder, "state");
  settings = join(this.folder, "vars");
  port = 0;
  /** @type {import("node:child_process").ChildProcess | undefined} */
  server;

  /** @param {Record<string, string>} more */
  async prepare(more = {}) {
    this.port = await freePort();
    writeFileSync(this.settings, Object.entries({ ...SETTINGS, ...more }).map(([name, value]) => `${name}=${value}\n`).join(""));
    const done = await this.#run(wrangler("d1", "migrations", "apply", "DB", "--local", "--persist-to", this.state));
    assert.equal(done.code, 0, done.out + done.err);
  }

  /** Runs a command of the project. @param {string[]} args */
  async command(...args) {
    return this.#run([join(PROJECT, "scripts", "main.mjs"), ...args, "--persist-to", this.state, "--port", String(this.port)]);
  }

  /** What a command says with `--json`; it must succeed. @param {string[]} args */
  async json(...args) {
    const { code, out, err } = await this.command(...args, "--json");
    assert.equal(code, 0, `${args.join(" ")}: ${out}${err}`);
    return JSON.parse(out);
  }

  /** As `npm run dev` serves it. */
  async serve() {
    this.server = spawn(process.execPath, wrangler("dev", "--port", String(this.port), "--inspector-port", "0", "--persist-to", this.state, "--env-file", this.settings), { cwd: PROJECT, env: this.#env(), stdio: "ignore" });
    const deadline = Date.now() + 120_000;
    while (!(await fetch(`http://127.0.0.1:${this.port}/healthz`).catch(() => undefined))?.ok) {
      assert.ok(Date.now() < deadline && this.server.exitCode === null, "the server does not start");
      await sleep(200);
    }
  }

  async halt() {
    const { server } = this;
    if (!server) return;
    this.server = undefined;
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGTERM");
    await ended;
  }

  async stop() {
    await this.halt();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** @param {string} path @param {unknown} [body] @param {string} [token] */
  async api(path, body, token) {
    const headers = { ...(body ? { "content-type": "application/json" } : {}), ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const answer = await fetch(`http://127.0.0.1:${this.port}/api/v1${path}`, { method: body ? "POST" : "GET", headers, body: body ? JSON.stringify(body) : null });
    return { status: answer.status, body: /** @type {any} */ (await answer.json().catch(() => undefined)) };
  }

  /** Writes into the database past everything. @param {(database: DatabaseSync) => void} change */
  write(change) {
    const database = new DatabaseSync(databaseFile(this.state));
    change(database);
    database.close();
  }

  #env() {
    return { ...wranglerEnvironment(process.env), CI: "1", EDGEKEEP_BUILT: "1", EDGEKEEP_BUDGET: "warn", EDGEKEEP_DEV_VARS: this.settings };
  }

  /** @param {string[]} args @returns {Promise<{ code: number, out: string, err: string }>} */
  #run(args) {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, args, { cwd: PROJECT, env: this.#env(), stdio: ["ignore", "pipe", "pipe"] });
      let [out, err] = ["", ""];
      child.stdout.on("data", (chunk) => void (out += chunk));
      child.stderr.on("data", (chunk) => void (err += chunk));
      child.once("close", (code) => resolve({ code: code ?? 1, out, err }));
    });
  }
}

describe("the drill, by the commands", { timeout: 600_000 }, () => {
  const local = new Local();
  const file = join(local.folder, "backup.sql.gz");
  let [token, id] = ["", ""];
  before(async () => {
    await local.prepare();
    await local.serve();
  });
  after(() => local.stop());

  it("makes, lists, verifies, prunes and downloads while the server runs", async () => {
    assert.equal((await local.api("/auth/register", ACCOUNT)).status, 201);
    token = (await local.api("/auth/login", ACCOUNT)).body.access_token;
    const made = await local.json("backup", "now");
    id = made.backup.id;
    assert.ok(made.backup.verified_at);
    assert.deepEqual((await local.json("backup", "list")).backups.map((/** @type {any} */ one) => one.id), [id]);
    assert.deepEqual((await local.json("backup", "verify", "latest")).problems, []);
    const said = await local.json("backup", "prune", "--dry-run");
    assert.deepEqual([said.dry_run, said.backups.map((/** @type {any} */ one) => [one.id, one.stays])], [true, [[id, true]]]);
    assert.equal((await local.json("backup", "download", "latest", "--out", file)).id, id);
    assert.equal((await local.api("/auth/me", undefined, token)).status, 200);
  });

  it("does the same without a server, and refuses a database that is not empty", async () => {
    await local.halt();
    assert.deepEqual((await local.json("backup", "list")).backups.map((/** @type {any} */ one) => one.id), [id]);
    const refused = await local.command("restore", "--from", file, "--to", "local");
    assert.equal(refused.code, 1);
    assert.match(refused.err, /The database has \d+ tables, views and triggers already/);
    const dry = await local.json("restore", "--from", "latest", "--to", "local", "--dry-run", "--replace");
    assert.equal(dry.restored, false);
    assert.ok(dry.would_replace > 5);
  });

  it("finds a flipped bit before anything is written", async () => {
    const damaged = join(local.folder, "damaged.sql.gz");
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(damaged, bytes);
    copyFileSync(`${file}.manifest.json`, `${damaged}.manifest.json`);
    const refused = await local.command("restore", "--from", damaged, "--to", "local", "--replace");
    assert.equal(refused.code, 1);
    assert.match(refused.err, /damaged|manifest/);
    await local.serve();
    assert.equal((await local.api("/auth/me", undefined, token)).status, 200, "nothing was written");
    await local.halt();
  });

  it("s11: restores over what is there: the old password opens the account, the old token does not", async () => {
    assert.equal((await local.json("restore", "--from", file, "--to", "local", "--replace")).restored, true);
    await local.serve();
    assert.equal((await local.api("/auth/me", undefined, token)).status, 401);
    assert.equal((await local.api("/auth/login", ACCOUNT)).status, 200);
  });

  it("asks the Worker that is there, also when that refuses", async () => {
    const own = local.settings;
    local.settings = join(local.folder, "others");
    writeFileSync(local.settings, `OPERATOR_TOKEN=${SETTINGS.OPERATOR_TOKEN.replace("f", "g")}\n`);
    const refused = await local.command("backup", "list");
    local.settings = own;
    assert.equal(refused.code, 1);
    assert.ok(refused.err.includes(`http://127.0.0.1:${local.port} refuses the token`), refused.err);
  });

  it("s11: restores what was destroyed: the old password opens the account, the old token does not", async () => {
    const { access_token } = (await local.api("/auth/login", ACCOUNT)).body;
    assert.equal((await local.api("/auth/me", undefined, access_token)).status, 200);
    const { id: last } = (await local.json("backup", "now")).backup;
    await local.halt();
    rmSync(join(local.state, "v3", "d1"), { recursive: true });
    assert.deepEqual((await local.json("backup", "list")).backups.map((/** @type {any} */ one) => one.id), [last]);
    assert.equal((await local.json("restore", "--from", "latest", "--to", "local")).id, last);
    await local.serve();
    assert.equal((await local.api("/auth/me", undefined, access_token)).status, 401);
    assert.equal((await local.api("/auth/me", undefined, token)).status, 401);
    assert.equal((await local.api("/auth/login", ACCOUNT)).status, 200);
  });
});

describe("a database that is hard to read, by the commands", { timeout: 600_000 }, () => {
  const local = new Local();
  before(() => local.prepare());
  after(() => local.stop());

  it("verifies every REAL and every kind of line", async () => {
    local.write((database) => {
      database.exec("CREATE TABLE reals (id INTEGER PRIMARY KEY, v REAL); CREATE TABLE texts (v TEXT DEFAULT 'a\rb\u2028c')");
      const insert = database.prepare("INSERT INTO reals (v) VALUES (?)");
      for (let power = -9; power < 20; power += 1) for (let n = 0; n < 40; n += 1) insert.run((Math.random() - 0.5) * 10 ** power);
      for (const short of [1e-5, 2.5e-5, 1e-4, -9.99e-5, 0.00012, 1e15, 1e16, 123456789012345]) insert.run(short);
      const text = database.prepare("INSERT INTO texts VALUES (?)");
      for (const ends of ["\u2028", "\u2029", "\u0085", "\v\f", "a\u2028;\nb", "\r", "x\r\ny"]) text.run(`one${ends}two`);
      database.exec("INSERT INTO texts DEFAULT VALUES");
    });
    assert.ok((await local.json("backup", "now")).backup.verified_at);
    const verified = await local.json("backup", "verify", "latest");
    assert.deepEqual([verified.restored, verified.problems], [true, []]);
  });
});

describe("an encrypted backup, by the commands", { timeout: 600_000 }, () => {
  const local = new Local();
  after(() => local.stop());

  it("is verified and restored with the identity alone", async () => {
    const identity = await generateIdentity();
    const key = join(local.folder, "key.txt");
    writeFileSync(key, `# an age identity\n${identity}\n`);
    await local.prepare({ BACKUP_PUBLIC_KEY: await identityToRecipient(identity) });
    assert.ok((await local.json("backup", "now")).backup.encrypted);
    assert.deepEqual((await local.json("backup", "verify", "latest", "--identity", key)).restored, true);
    assert.equal((await local.json("backup", "verify", "latest")).restored, false);
    const file = join(local.folder, "sealed.age");
    await local.json("backup", "download", "latest", "--out", file);
    const closed = await local.command("restore", "--from", file, "--to", "local", "--replace");
    assert.match(closed.err, /The backup is encrypted/);
    assert.equal((await local.json("restore", "--from", file, "--to", "local", "--replace", "--identity", key)).restored, true);
  });
});
