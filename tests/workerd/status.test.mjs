// Availability on the built Worker: probes by the scheduled handler, a part that fails and comes back, days in D1's own
// arithmetic, and a table that stays small.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startWorker } from "./harness.mjs";

const PROBES = "*/5 * * * *";
const PERIOD = 5 * 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe("the status", () => {
  /** @type {import("./harness.mjs").Worker} */
  let worker;
  before(async () => void (worker = await startWorker()));
  after(() => worker.stop());

  /** Probes so often; two within a millisecond would be the same one. */
  const probe = async (times = 1) => {
    for (let time = 0; time < times; time += 1) {
      await worker.scheduled(PROBES);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  /** As it is now: an isolate keeps its answer for half a minute. */
  const status = async () => {
    await worker.restart();
    const answer = await worker.fetch("/api/v1/status");
    assert.equal(answer.status, 200);
    return answer.json();
  };
  const count = async () => Number(await worker.d1.then((database) => database.prepare("SELECT count(*) AS n FROM probe_hours").first("n")));
  const rename = async (/** @type {string} */ from, /** @type {string} */ to) => (await worker.d1).prepare(`ALTER TABLE ${from} RENAME TO ${to}`).run();
  const day = (/** @type {number} */ at) => new Date(at).toISOString().slice(0, 10);
  const part = (/** @type {any} */ body, /** @type {string} */ name) => body.parts.find((/** @type {any} */ one) => one.name === name);

  it("claims nothing before the first probe", async () => {
    const body = await status();
    assert.equal(body.status, "unknown");
    assert.equal(body.days.length, 90);
    assert.ok(body.days.every((/** @type {any} */ one) => one.availability === null && one.parts.length === 3));
  });

  it("counts what the scheduled probes found", async () => {
    await probe(4);
    const body = await status();
    assert.equal(body.status, "up");
    assert.deepEqual(body.incidents, []);
    for (const { availability } of body.parts) assert.deepEqual(availability[0], { window: "24h", probes: 4, share: 1, meets_target: true });
    const { date, availability, parts } = body.days.at(-1);
    assert.deepEqual([date, availability], [day(Date.now()), 1]);
    assert.deepEqual(parts.map((/** @type {any} */ one) => [one.name, one.availability]), [["database", 1], ["limiter", 1], ["objects", 1]]);
  });

  it("a part that fails is down, costs availability, and is an incident that lasts", async () => {
    const began = Date.now();
    // What the probe of the database reads is away; what it writes into is not.
    await rename("installation", "elsewhere");
    await probe(2);
    const body = await status();
    assert.equal(body.status, "down");
    assert.deepEqual(body.parts.map((/** @type {any} */ one) => one.state), ["down", "up", "up"]);
    const { window, probes, share, meets_target } = part(body, "database").availability[0];
    assert.deepEqual([window, probes, meets_target], ["24h", 6, false]);
    assert.ok(Math.abs(share - 4 / 6) < 1e-9, `${share}`);
    assert.ok(Math.abs(body.days.at(-1).availability - 16 / 18) < 1e-9);
    const [incident, ...more] = body.incidents;
    assert.deepEqual([incident.part, incident.ended_at, more], ["database", undefined, []]);
    assert.ok(Date.parse(incident.started_at) >= began && Date.parse(incident.started_at) <= Date.now());
  });

  it("the incident ends when it answers again, and stays on record with its beginning and its end", async () => {
    const [{ started_at }] = (await status()).incidents;
    const failed = Date.now();
    await rename("elsewhere", "installation");
    await probe(2);
    const body = await status();
    assert.equal(body.status, "up");
    assert.equal(body.incidents.length, 1);
    assert.equal(body.incidents[0].started_at, started_at);
    const ended = Date.parse(body.incidents[0].ended_at);
    assert.ok(ended > Date.parse(started_at) && ended <= failed + PERIOD, "one period after the last probe that failed");
    assert.ok(Math.abs(part(body, "database").availability[0].share - 6 / 8) < 1e-9);
  });

  it("sums up days by UTC, and leaves out what was not recorded", async () => {
    const today = Math.floor(Date.now() / DAY) * DAY;
    const database = await worker.d1;
    const insert = database.prepare(
      "INSERT INTO probe_hours (hour, part, ok, failed, first_failure, last_failure, last_probe, last_ok) VALUES (?1, 'objects', ?2, ?3, ?4, ?4, ?1, 1)",
    );
    // The last hour of one day and the first of the next; the first day that is shown, and the one before.
    await database.batch([
      insert.bind(today - 2 * DAY - HOUR, 9, 3, today - 2 * DAY - HOUR),
      insert.bind(today - 2 * DAY, 12, 0, null),
      insert.bind(today - 89 * DAY, 12, 0, null),
      insert.bind(today - 89 * DAY - HOUR, 0, 12, today - 89 * DAY - HOUR),
    ]);
    const { days } = await status();
    assert.deepEqual(days.map((/** @type {any} */ one) => one.date), Array.from({ length: 90 }, (_, at) => day(today - (89 - at) * DAY)));
    const shares = days.slice(0, -1).map((/** @type {any} */ one) => one.availability);
    assert.deepEqual([shares[0], shares[86], shares[87], shares[88]], [1, 0.75, 1, null]);
    assert.equal(shares.filter((/** @type {any} */ share) => share !== null).length, 3);
    assert.equal(days[86].parts[0].availability, null, "nothing is known of the database on that day");
  });

  it("never keeps more than ninety days of hours, whatever was there", async () => {
    const now = Math.floor(Date.now() / HOUR) * HOUR;
    const database = await worker.d1;
    // Two hundred days, every hour, every part.
    await database
      .prepare(
        `INSERT OR IGNORE INTO probe_hours (hour, part, ok, failed, last_probe, last_ok)
         SELECT ?1 - hours.value * ?2, parts.value, 12, 0, ?1 - hours.value * ?2, 1
         FROM (WITH RECURSIVE n(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM n WHERE value < 4799) SELECT value FROM n) AS hours,
              json_each('["database", "limiter", "objects"]') AS parts`,
      )
      .bind(now, HOUR)
      .run();
    assert.ok((await count()) > 14_000);
    await probe();
    const bound = (90 * 24 + 1) * 3;
    assert.equal(await count(), bound);
    await probe(5);
    // The hour may have turned meanwhile: then one goes for each that comes.
    assert.equal(await count(), bound);
    const body = await status();
    // Today may be an hour old and have seen little but the failures above.
    const today = body.days.pop();
    assert.equal(body.days.length, 89);
    assert.ok(body.days.every((/** @type {any} */ one) => one.availability > 0.98), "and ninety days are shown");
    assert.ok(today.availability > 0 && today.availability < 1);
  });
});
