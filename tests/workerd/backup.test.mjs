// Backups on the built Worker: made, restored to see whether they can be, killed half-way, loaded by others, and the drill.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { Decrypter, generateIdentity, identityToRecipient } from "age-encryption";
import { unstable_splitSqlQuery } from "wrangler";
import { restoreToCompare } from "../../scripts/backups.mjs";
import { PROJECT } from "../../scripts/paths.mjs";
import { sqlite3 } from "../../scripts/setup/sqlite3.mjs";
import { wrangler, wranglerEnvironment } from "../../scripts/wrangler.mjs";
import { databaseFile, startWorker } from "./harness.mjs";
import { OPERATOR, operator } from "./operator.mjs";

const MENAGERIE = readFileSync(join(PROJECT, "tests", "native", "menagerie.sql"), "utf8");
const sleep = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @typedef {import("./harness.mjs").Worker} Worker */

/** Waits until the run that goes on is over. @param {Worker} worker */
const finish = async (worker) => {
  for (const deadline = Date.now() + 120_000; ; await sleep(50)) {
    const { run, backups } = await (await operator(worker, "/backups")).json();
    if (["done", "failed"].includes(run.phase)) {
      assert.equal(run.phase, "done", run.problem);
      return backups.find((/** @type {any} */ one) => one.id === run.id);
    }
    assert.ok(Date.now() < deadline, `still ${run.phase}: ${run.problem}`);
  }
};

/** @param {Worker} worker */
const backUp = async (worker) => {
  await operator(worker, "/backups", "POST");
  return finish(worker);
};

/** @param {Worker} worker @param {string} id */
const object = async (worker, id) => {
  const { manifest } = await (await operator(worker, `/backups/${id}`)).json();
  const parts = [];
  for (const at of manifest.object.parts.keys()) parts.push(Buffer.from(await (await operator(worker, `/backups/${id}/parts/${at + 1}`)).arrayBuffer()));
  return { manifest, bytes: Buffer.concat(parts) };
};

/** @param {Worker} worker @param {string} sql */
const fill = async (worker, sql) => {
  const database = await worker.d1;
  const statements = unstable_splitSqlQuery(sql).map((/** @type {string} */ statement) => database.prepare(statement));
  await database.batch(statements);
};

/** Every cell of every table, exact: as SQLite itself writes it. */
const cells = (/** @type {DatabaseSync} */ database) => {
  const own = "type = 'table' AND substr(name, 1, 4) <> '_cf_' AND substr(name, 1, 7) <> 'sqlite_'";
  const names = database.prepare(`SELECT name FROM sqlite_schema WHERE ${own} ORDER BY name`).all().map(({ name }) => String(name));
  return names.map((name) => {
    const table = `"${name.replaceAll('"', '""')}"`;
    const columns = database.prepare("SELECT name FROM pragma_table_xinfo(?)").all(name).map((row) => `"${String(row.name).replaceAll('"', '""')}"`);
    const shown = columns.map((column, at) => `typeof(${column}) || ':' || CASE typeof(${column}) WHEN 'real' THEN printf('%!.20g', ${column}) || CASE WHEN ${column} = 0 THEN atan2(${column}, -1) < 0 ELSE '' END ELSE hex(${column}) END AS v${at}`);
    return [name, database.prepare(`SELECT ${shown.join(", ")} FROM ${table}`).all().map((row) => Object.values(row).join("|"))];
  });
};


describe("a backup of every type", () => {
  /** @type {Worker} */
  let worker;
  const data = mkdtempSync(join(tmpdir(), "edgekeep-backup-"));
  before(async () => {
    worker = await startWorker({ vars: OPERATOR, persist: data, migrate: false });
    await fill(worker, MENAGERIE);
  });
  after(async () => {
    await worker.stop();
    rmSync(data, { recursive: true, force: true });
  });

  it("is restored before it counts, and loads elsewhere, cell by cell", async () => {
    const made = await backUp(worker);
    assert.ok(made.verified_at);
    const { manifest, bytes } = await object(worker, made.id);
    assert.equal(manifest.consistency, "captured_changes");
    const sql = gunzipSync(bytes).toString();
    await worker.halt();
    const source = new DatabaseSync(databaseFile(data), { readOnly: true });
    const wanted = cells(source);
    source.close();

    const node = new DatabaseSync(":memory:");
    node.exec("PRAGMA foreign_keys = OFF");
    node.exec(sql);
    assert.deepEqual(cells(node), wanted);
    node.close();

    const file = join(data, "plain.db");
    const cli = spawnSync(await sqlite3(), [file], { input: sql });
    assert.equal(String(cli.error ?? cli.stderr), "");
    const plain = new DatabaseSync(file);
    assert.deepEqual(cells(plain), wanted);
    plain.close();

    writeFileSync(join(data, "dump.sql"), sql);
    assert.deepEqual(await restoreToCompare(join(data, "dump.sql"), manifest), [], "the commands find the same digests");
    writeFileSync(join(data, "other.sql"), sql.replace("grüße", "gruße"));
    assert.deepEqual(await restoreToCompare(join(data, "other.sql"), manifest), ["plain: its rows are not those that were backed up"]);
    const state = mkdtempSync(join(tmpdir(), "edgekeep-wrangler-"));
    const done = spawnSync(process.execPath, wrangler("d1", "execute", "DB", "--local", "--persist-to", state, "--yes", "--file", join(data, "dump.sql")), {
      cwd: PROJECT,
      env: { ...wranglerEnvironment(process.env), CI: "1" },
    });
    assert.equal(done.status, 0, `${done.stderr}${done.stdout}`);
    const loaded = new DatabaseSync(databaseFile(state), { readOnly: true });
    assert.deepEqual(cells(loaded), wanted);
    loaded.close();
    rmSync(state, { recursive: true });
    await worker.restart();
  });

  it("survives SIGKILL at any moment, fifty times within a run", async () => {
    const database = await worker.d1;
    // Nothing that could be compressed: several parts are on their way.
    await database.exec("CREATE TABLE noise (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT");
    const noise = "WITH n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100) INSERT INTO noise (bytes) SELECT randomblob(30000) FROM n";
    for (let round = 0; round < 2; round += 1) await database.prepare(noise).run();
    await operator(worker, "/backups", "POST");
    // And on, until a run has come from its beginning to its end.
    for (let [within, over] = [0, 0]; within < 50 || over === 0; ) {
      await sleep(Math.random() * 400);
      await worker.kill9();
      await worker.restart();
      // Asking takes up the run without waiting for its alarm.
      const { run, backups } = await (await operator(worker, "/backups")).json();
      assert.notEqual(run.phase, "failed", run.problem);
      for (const one of backups) assert.ok(one.verified_at || one.id === run.id, "what is over has been restored");
      if (run.phase === "done") {
        over += 1;
        await operator(worker, "/backups", "POST");
      } else within += 1;
    }
    const last = await finish(worker);
    assert.ok(last.verified_at);
    const left = "SELECT count(*) AS n FROM sqlite_schema WHERE substr(name, 1, 18) = '_edgekeep_capture_'";
    assert.equal(await (await worker.d1).prepare(left).first("n"), 0);
    const { manifest, bytes } = await object(worker, last.id);
    assert.ok(manifest.object.parts.length > 1, `${manifest.object.parts.length} parts`);
    await worker.halt();
    const source = new DatabaseSync(databaseFile(data), { readOnly: true });
    const restored = new DatabaseSync(":memory:");
    restored.exec("PRAGMA foreign_keys = OFF");
    restored.exec(gunzipSync(bytes).toString());
    assert.deepEqual(cells(restored), cells(source));
    source.close();
    restored.close();
  });
});

describe("the drill", () => {
  /** @type {Worker} */
  let worker;
  const account = { email: "drill@example.com", password: "engine weaves patterns like a loom" };
  before(async () => void (worker = await startWorker({ vars: OPERATOR })));
  after(() => worker.stop());

  it("s11: after a restore the old password opens the account, and a session revoked after the backup stays dead", async () => {
    assert.equal((await worker.post("/api/v1/auth/register", account)).status, 201);
    const login = await (await worker.post("/api/v1/auth/login", account)).json();
    const bearer = { authorization: `Bearer ${login.access_token}` };
    const made = await backUp(worker);
    assert.equal((await worker.fetch("/api/v1/auth/logout", { method: "POST", headers: bearer })).status, 204);

    const { bytes, manifest } = await object(worker, made.id);
    assert.equal(manifest.consistency, "one_transaction");
    const database = await worker.d1;
    const own = "substr(name, 1, 4) <> '_cf_' AND substr(name, 1, 7) <> 'sqlite_'";
    const { results } = await database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND ${own}`).all();
    await database.batch([
      database.prepare("PRAGMA defer_foreign_keys=TRUE"),
      ...results.map((/** @type {any} */ row) => database.prepare(`DROP TABLE "${row.name}"`)),
    ]);
    assert.equal((await worker.post("/api/v1/auth/login", account)).status, 500);
    await fill(worker, gunzipSync(bytes).toString());
    await database.prepare("UPDATE installation SET sessions_not_before = ?1 WHERE id = 1").bind(Date.now()).run();

    assert.equal((await worker.fetch("/api/v1/auth/me", { headers: bearer })).status, 401);
    assert.equal((await worker.post("/api/v1/auth/refresh", { refresh_token: login.refresh_token })).status, 401);
    assert.equal((await worker.post("/api/v1/auth/login", account)).status, 200);
  });

  it("each alarm of the object that made it is one line, with the names that the README tells", async () => {
    const isAlarm = (/** @type {any} */ line) => line.body === "alarm";
    const [line, ...more] = (await worker.jsonLogs(isAlarm)).filter(isAlarm);
    const { timestamp, duration_ms, trace_id, span_id, request_id, "service.version": version, ...fixed } = line;
    assert.deepEqual(fixed, { severity_text: "INFO", body: "alarm", "cloudflare.durable_object.class": "BackupObject", outcome: "ok" });
    assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(Number.isSafeInteger(duration_ms) && duration_ms >= 0);
    assert.match(trace_id, /^[0-9a-f]{32}$/);
    for (const other of more) assert.deepEqual(Object.keys(other), Object.keys(line));
    assert.ok(span_id && request_id && version);
  });

  it("makes one backup of a day, however often its cron comes", async () => {
    const time = new Date();
    await Promise.all([worker.scheduled("23 3 * * *", time), worker.scheduled("23 3 * * *", time)]);
    await finish(worker);
    await worker.scheduled("23 3 * * *", time);
    await finish(worker);
    await backUp(worker);
    await worker.scheduled("23 3 * * *", time);
    await finish(worker);
    assert.equal((await ofSlot(worker, time)).length, 1, "nor does it make another after one by hand");
  });

  it("makes the backup of a day whose cron came while another was made", async () => {
    const day = new Date(Date.now() + 24 * 60 * 60 * 1000);
    await operator(worker, "/backups", "POST");
    await worker.scheduled("23 3 * * *", day);
    const deadline = Date.now() + 20_000;
    while ((await ofSlot(worker, day)).length === 0 && Date.now() < deadline) await finish(worker);
    assert.equal((await ofSlot(worker, day)).length, 1);
  });
});

/** The runs of the backup of a day. @param {import("./harness.mjs").Worker} worker @param {Date} day */
async function ofSlot(worker, day) {
  // Of the log, for a newer backup of the same day pushes the older one out.
  const lines = await worker.jsonLogs(() => true);
  return lines.filter((line) => line.body === "backup" && line["backup.slot"] === day.toISOString().slice(0, 10));
}

describe("an encrypted backup", () => {
  it("is opened by age and by nobody without the identity, and has been restored all the same", async () => {
    const identity = await generateIdentity();
    const worker = await startWorker({ vars: { ...OPERATOR, BACKUP_PUBLIC_KEY: await identityToRecipient(identity) }, migrate: false });
    try {
      await fill(worker, MENAGERIE);
      const made = await backUp(worker);
      assert.ok(made.verified_at && made.encrypted);
      const { bytes, manifest } = await object(worker, made.id);
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      const sql = gunzipSync(await decrypter.decrypt(bytes));
      assert.equal(sql.length, manifest.sql.bytes);
      const other = new Decrypter();
      other.addIdentity(await generateIdentity());
      await assert.rejects(other.decrypt(bytes));
    } finally {
      await worker.stop();
    }
  });
});
