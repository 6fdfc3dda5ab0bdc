// `npm run restore -- --to remote:NAME` against Cloudflare's API on loopback: a backup of a running Worker goes into a D1
// database of an account.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { startWorker } from "../workerd/harness.mjs";
import { OPERATOR, OPERATOR_TOKEN } from "../workerd/operator.mjs";
import { Rehearsal } from "./rehearsal.mjs";

const ACCOUNT = { email: "drill@example.com", password: "engine weaves patterns like a loom" };

describe("npm run restore, to a database of an account", () => {
  const rehearsal = new Rehearsal();
  const { cloudflare } = rehearsal;
  const folder = mkdtempSync(join(tmpdir(), "edgekeep-remote-"));
  const file = join(folder, "backup.sql.gz");
  /** @type {import("../workerd/harness.mjs").Worker} */
  let worker;
  before(async () => {
    await cloudflare.start();
    worker = await startWorker({ vars: OPERATOR });
  });
  after(async () => {
    await worker.stop();
    await cloudflare.stop();
    rmSync(rehearsal.config, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  });

  const command = (/** @type {string[]} */ ...args) => rehearsal.run([...args, "--url", worker.url], { OPERATOR_TOKEN });
  const restore = (/** @type {string[]} */ ...args) => command("restore", "--from", file, "--to", "remote:restored", ...args);
  const database = () => {
    const found = cloudflare.databases.get("restored");
    assert.ok(found);
    return found.db;
  };

  it("downloads a backup from a Worker elsewhere, which has it verified", async () => {
    assert.equal((await worker.post("/api/v1/auth/register", ACCOUNT)).status, 201);
    assert.equal((await worker.post("/api/v1/auth/login", ACCOUNT)).status, 200);
    const made = await command("backup", "now");
    assert.equal(made.code, 0, made.output);
    const got = await command("backup", "download", "latest", "--out", file);
    assert.equal(got.code, 0, got.output);
    const refused = await rehearsal.run(["backup", "list", "--url", worker.url], { OPERATOR_TOKEN: OPERATOR_TOKEN.replace("f", "g") });
    assert.equal(refused.code, 1);
    assert.match(refused.output, /answers 401/);
  });

  it("s11: fills an empty database, says what it holds, and lets no session of before in", async () => {
    cloudflare.databases.set("restored", { uuid: crypto.randomUUID(), name: "restored", db: new DatabaseSync(":memory:") });
    const dry = await restore("--dry-run");
    assert.equal(dry.code, 0, dry.output);
    assert.deepEqual(database().prepare("SELECT name FROM sqlite_schema").all(), [], "a dry run writes nothing");
    const started = Date.now();
    const done = await restore();
    assert.equal(done.code, 0, done.output);
    assert.match(done.output, /every hash is right, and it restores[\s\S]*Importing 1 MB into restored[\s\S]*done in[\s\S]*Restored/);
    const { tables } = JSON.parse(readFileSync(`${file}.manifest.json`, "utf8"));
    for (const { name, rows } of tables) assert.equal(database().prepare(`SELECT count(*) AS n FROM "${name}"`).get()?.n, rows, name);
    assert.equal(database().prepare("SELECT email FROM users").get()?.email, ACCOUNT.email);
    assert.ok(Number(database().prepare("SELECT sessions_not_before AS n FROM installation").get()?.n) >= started);
  });

  it("refuses what is not empty, and empties it when told", async () => {
    database().exec("DELETE FROM users; CREATE TABLE somebodys (x); INSERT INTO somebodys VALUES (1)");
    const calls = cloudflare.calls.length;
    const refused = await restore();
    assert.equal(refused.code, 1);
    assert.match(refused.output, /The database has \d+ tables, views and triggers already/);
    assert.ok(cloudflare.calls.slice(calls).every(({ call, body }) => !/import$/.test(call) && !/DROP|INSERT|UPDATE/.test(body?.sql ?? "")), "nothing was written");
    const done = await restore("--replace");
    assert.equal(done.code, 0, done.output);
    assert.equal(database().prepare("SELECT count(*) AS n FROM users").get()?.n, 1);
    assert.equal(database().prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'somebodys'").get()?.n, 0);
  });

  it("keeps what is there when the account does not take the dump", async () => {
    const small = new DatabaseSync(":memory:");
    small.exec("CREATE TABLE somebodys (x); INSERT INTO somebodys VALUES (1); PRAGMA max_page_count = 3");
    cloudflare.databases.set("small", { uuid: crypto.randomUUID(), name: "small", db: small });
    const refused = await command("restore", "--from", file, "--to", "remote:small", "--replace");
    assert.equal(refused.code, 1);
    assert.match(refused.output, /full/);
    assert.equal(small.prepare("SELECT x FROM somebodys").get()?.x, 1);
  });

  it("s11: never lowers the epoch of the database that it replaces, and leaves no moment without one", async () => {
    const ahead = Date.now() + 3_600_000;
    database().exec(`UPDATE installation SET sessions_not_before = ${ahead}`);
    const calls = cloudflare.calls.length;
    const done = await restore("--replace");
    assert.equal(done.code, 0, done.output);
    assert.equal(database().prepare("SELECT sessions_not_before AS n FROM installation").get()?.n, ahead);
    assert.ok(cloudflare.calls.slice(calls).every(({ body }) => !/UPDATE/.test(body?.sql ?? "")), "it comes with the rows");
  });

  it("finds a flipped bit before anything is asked of the account", async () => {
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const calls = cloudflare.calls.length;
    const refused = await restore("--replace");
    assert.equal(refused.code, 1);
    assert.match(refused.output, /damaged/);
    assert.equal(cloudflare.calls.length, calls);
  });

  it("says what is wrong when the account does not know the database, or nothing answers", async () => {
    const unknown = await rehearsal.run(["restore", "--from", "latest", "--to", "remote:nobodys", "--url", worker.url], { OPERATOR_TOKEN });
    assert.equal(unknown.code, 1);
    assert.match(unknown.output, /nobodys/);
    assert.doesNotMatch(unknown.output, /^\s+at .*\.mjs:\d+/m);
  });
});
