// Scheduled events reach the Worker and leave a record; ended sessions go.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startWorker } from "./harness.mjs";

const DAY = 86_400_000;

describe("a scheduled run", () => {
  /** @type {import("./harness.mjs").Worker} */
  let worker;
  before(async () => void (worker = await startWorker()));
  after(() => worker.stop());

  const runs = async () => {
    const database = await worker.d1;
    return /** @type {any[]} */ ((await database.prepare("SELECT * FROM cron_runs ORDER BY started_at").all()).results);
  };

  it("is recorded with when, what, outcome and milliseconds", async () => {
    const scheduled = new Date(Date.now() - 5_000);
    await worker.scheduled("0 * * * *", scheduled);
    const [run] = await runs();
    assert.equal(run.cron, "0 * * * *");
    assert.equal(run.scheduled_at, scheduled.getTime());
    assert.equal(run.outcome, "ok");
    assert.ok(Number.isInteger(run.milliseconds) && run.milliseconds >= 0);
    const lines = await worker.jsonLogs((line) => line.body === "cron");
    assert.equal(lines.filter((line) => line.body === "cron" && line.recorded).length, 1);
  });

  it("is recorded for the probes too", async () => {
    await worker.scheduled("*/5 * * * *");
    const run = (await runs()).at(-1);
    assert.deepEqual([run.cron, run.outcome, run.detail], ["*/5 * * * *", "ok", "3 parts ok"]);
  });

  it("deletes sessions that ended long ago, with their tokens, and no others", async () => {
    const account = { email: "cron@example.com", password: "engine weaves patterns like a loom" };
    for (const path of ["register", "login", "login"]) {
      assert.ok((await worker.post(`/api/v1/auth/${path}`, account)).status < 300);
    }
    const database = await worker.d1;
    const ids = (await database.prepare("SELECT id FROM sessions ORDER BY created_at").all()).results.map((/** @type {any} */ row) => row.id);
    const end = database.prepare("UPDATE sessions SET expires_at = ?2, idle_expires_at = ?2 WHERE id = ?1");
    await database.batch([end.bind(ids[0], Date.now() - 8 * DAY), end.bind(ids[1], Date.now() - 6 * DAY)]);
    await worker.scheduled("0 * * * *");
    const left = (await database.prepare("SELECT id FROM sessions ORDER BY created_at").all()).results.map((/** @type {any} */ row) => row.id);
    assert.deepEqual(left, ids.slice(1));
    assert.equal(await database.prepare("SELECT count(*) AS n FROM refresh_tokens").first("n"), 2);
    const last = (await runs()).at(-1);
    assert.equal(last.detail, "1 ended sessions deleted");
  });

  it("says so when it fails", async () => {
    const database = await worker.d1;
    await database.prepare("ALTER TABLE sessions RENAME TO elsewhere").run();
    await worker.scheduled("23 3 * * *");
    const last = (await runs()).at(-1);
    assert.equal(last.outcome, "error");
    assert.match(last.detail, /no such table/);
  });
});
