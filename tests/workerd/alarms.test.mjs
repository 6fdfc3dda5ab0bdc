// What should wake somebody: a backup that failed, one that does not restore, one that shrank, and none of late. Each is an
// error event at the receiver and an error in the log.

import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { sleep } from "../../scripts/process.mjs";
import { startWorker } from "./harness.mjs";
import { OPERATOR, operator } from "./operator.mjs";
import { startReceiver } from "./receiver.mjs";

/** @type {import("./harness.mjs").Worker} */
let worker;
/** @type {Awaited<ReturnType<typeof startReceiver>>} */
let receiver;
before(async () => {
  receiver = await startReceiver();
  worker = await startWorker({ vars: { ...OPERATOR, SENTRY_DSN: receiver.dsn } });
});
after(async () => {
  await worker.stop();
  await receiver.stop();
  assert.deepEqual(receiver.problems(), []);
});

/** @param {string} [method] */
const backups = async (method) => (await operator(worker, "/backups", method)).json();

/** Asks until the run is in one of these phases. @param {string[]} phases */
const until = async (...phases) => {
  for (const deadline = Date.now() + 120_000; ; await sleep(20)) {
    const { run } = await backups();
    if (phases.includes(run.phase)) return run;
    assert.ok(Date.now() < deadline && !["done", "failed"].includes(run.phase), `${run.phase}: ${run.problem}`);
  }
};

const backUp = async () => {
  await backups("POST");
  return until("done", "failed");
};

/** @param {string[]} sql */
const execute = async (...sql) => {
  const database = await worker.d1;
  await database.batch(sql.map((statement) => database.prepare(statement)));
};

/** The only alarm of a kind, at the receiver and in the log. @param {string} kind */
const alarm = async (kind) => {
  /** @type {any[]} */
  let events = [];
  for (const deadline = Date.now() + 20_000; events.length === 0; await sleep(50)) {
    assert.ok(Date.now() < deadline, `no ${kind}`);
    events = receiver.items("event").filter(({ exception }) => exception.values.at(-1).type === kind);
  }
  assert.equal(events.length, 1);
  const [event] = events;
  assert.equal(event.level ?? "error", "error");
  const lines = (await worker.jsonLogs((line) => line.body === kind)).filter((line) => line.body === kind);
  assert.deepEqual(lines.map(({ severity_text }) => severity_text), ["ERROR"]);
  // A text with a colon is a chain of two: what went wrong, and what became of it.
  const [{ type, value }] = event.exception.values;
  // Names of tables stay here.
  assert.equal(type === kind ? value : `${type}: ${value}`, lines[0].detail.replaceAll("table shrinking", "table …"));
  return lines[0];
};

it("a backup with half of the rows of the one before, or less", async () => {
  await execute(
    "CREATE TABLE shrinking (id INTEGER PRIMARY KEY) STRICT",
    "WITH n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1000) INSERT INTO shrinking SELECT n FROM n",
  );
  assert.equal((await backUp()).phase, "done");
  assert.equal((await backUp()).phase, "done");
  await execute("DELETE FROM shrinking WHERE id > 400");
  assert.equal(receiver.items("event").length, 0, "as long as nothing is wrong, nothing is said");
  assert.equal((await backUp()).phase, "done");
  assert.match((await alarm("backup_shrunk")).detail, /^all tables have 4\d\d rows, and 10\d\d in the backup before; table shrinking has 400 rows, and 1000 in/);
  assert.equal((await backups()).backups.length, 2, "and the one before is still there, though it is of the same day");
});

it("no good backup for more than 26 hours", async () => {
  await worker.scheduled("0 * * * *");
  const bucket = /** @type {any} */ (await worker.r2);
  const [newest] = (await backups()).backups.slice(-1);
  for (const { key } of (await bucket.list({ prefix: "backups/" })).objects) if (!key.includes(newest.id)) await bucket.delete(key);
  const found = (await bucket.list({ prefix: "backups/" })).objects.map((/** @type {any} */ { key }) => key);
  const key = (/** @type {string} */ end) => found.find((/** @type {string} */ each) => each.endsWith(end));
  const manifest = await (await bucket.get(key("manifest.json"))).json();
  const aged = JSON.stringify({ ...manifest, as_of: new Date(Date.now() - 27 * 3_600_000).toISOString() });
  await bucket.put(key("manifest.json"), aged);
  const digest = Buffer.from(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(aged))).toString("hex");
  const verified = await (await bucket.get(key("verified.json"))).json();
  await bucket.put(key("verified.json"), JSON.stringify({ ...verified, manifest_sha256: digest }));
  await worker.evict("BackupObject", "backups");
  await worker.scheduled("0 * * * *");
  const line = await alarm("backup_missing");
  assert.equal(line["backup.id"], newest.id);
  assert.equal(line["backup.age_hours"], 27);
});

it("a backup that does not restore to what was put into the bucket", async () => {
  // Large enough to be met between the manifest and the end of reading it back.
  await execute("CREATE TABLE noise (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT");
  for (let round = 0; round < 5; round += 1) {
    await execute("WITH n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100) INSERT INTO noise (bytes) SELECT randomblob(30000) FROM n");
  }
  await backups("POST");
  const { id } = await until("commit", "load");
  await worker.kill9();
  await worker.restart();
  const bucket = /** @type {any} */ (await worker.r2);
  const [object] = (await bucket.list({ prefix: `backups/${id}/` })).objects.filter((/** @type {any} */ { size }) => size > 1_000_000);
  const bytes = new Uint8Array(await (await bucket.get(object.key)).arrayBuffer());
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
  await bucket.put(object.key, bytes);
  const run = await until("failed");
  assert.equal(run.id, id);
  assert.match((await alarm("backup_failed")).detail, /^verification: part \d+ in the bucket is not what was put there$/);
  const listed = (await backups()).backups.find((/** @type {any} */ one) => one.id === id);
  assert.ok(!listed?.verified_at, "and it does not count");
});
