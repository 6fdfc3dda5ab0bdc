// A large backup is as of one instant: value moves between two tables all the time while 200 MB are dumped, and what is
// restored has neither lost nor doubled any of it.

import assert from "node:assert/strict";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { DatabaseSync } from "node:sqlite";
import { after, before, it } from "node:test";
import { createGunzip } from "node:zlib";
import { load } from "../../scripts/load.mjs";
import { sleep } from "../../scripts/process.mjs";
import { databaseFile, startWorker } from "./harness.mjs";
import { OPERATOR, operator } from "./operator.mjs";

const ROWS = 20_000;
const TEXT = 5_100;
const AMOUNT = 1_000;
const WHOLE = 2 * ROWS * AMOUNT;

// Each call moves 1 from some rows of the first table to rows of the second, in one transaction; or it tells what one of the
// two holds. The moves walk through the whole of both tables, since that is where the dump is at some time.
const MOVER = `
export default {
  async fetch(request, { DB }) {
    const url = new URL(request.url);
    if (url.pathname === "/sum") return Response.json(await DB.prepare("SELECT sum(amount) AS sum FROM " + (url.search === "?to" ? "zz_to" : "aa_from")).first("sum"));
    const from = Number(url.search.slice(1));
    const moves = Array.from({ length: 20 }, (_, n) => 1 + ((from + n) * 7919) % ${ROWS});
    await DB.batch(moves.flatMap((id) => [
      DB.prepare("UPDATE aa_from SET amount = amount - 1 WHERE id = ?1").bind(id),
      DB.prepare("UPDATE zz_to SET amount = amount + 1 WHERE id = ?1").bind(${ROWS} + 1 - id),
    ]));
    return Response.json(moves.length);
  },
};`;

/** @type {import("./harness.mjs").Worker} */
let worker;
const data = mkdtempSync(join(tmpdir(), "edgekeep-instant-"));

before(async () => {
  worker = await startWorker({ vars: OPERATOR, persist: data, beside: MOVER });
  await worker.halt();
  fill(databaseFile(data));
  await worker.restart();
});
after(async () => {
  await worker.stop();
  rmSync(data, { recursive: true, force: true });
});

function fill(/** @type {string} */ file) {
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL;
    CREATE TABLE aa_from (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL, text TEXT NOT NULL) STRICT;
    CREATE TABLE zz_to (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL, text TEXT NOT NULL) STRICT; BEGIN`);
  const noise = Buffer.from(Uint8Array.from({ length: 90_000 }, () => Math.random() * 256)).toString("base64");
  for (const table of ["aa_from", "zz_to"]) {
    const row = database.prepare(`INSERT INTO ${table} VALUES (?, ${AMOUNT}, ?)`);
    for (let id = 1; id <= ROWS; id += 1) row.run(id, noise.slice((id * 31) % 100_000).slice(0, TEXT));
  }
  database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
}

/** @param {string} path */
const beside = async (path) => {
  const answer = await fetch(`${worker.besideUrl}${path}`);
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
  return /** @type {Promise<number>} */ (answer.json());
};

it("neither loses nor doubles what moves between two tables during a dump of 200 MB", { timeout: 600_000 }, async () => {
  let { run } = await (await operator(worker, "/backups", "POST")).json();
  const { id } = run;
  /** @type {{ moved: number, naive: number[], dumping: boolean }} */
  const seen = { moved: 0, naive: [], dumping: true };
  const moving = (async () => {
    for (let first = 0; seen.dumping; ) {
      // What a reader without care finds: one table first, the other later.
      const from = await beside("/sum");
      for (let n = 0; n < 10 && seen.dumping; n += 1) seen.moved += await beside(`/?${(first += 20)}`);
      seen.naive.push(from + (await beside("/sum?to")));
    }
  })();
  while (["begin", "rows"].includes(run.phase)) {
    await sleep(100);
    ({ run } = await (await operator(worker, "/backups")).json());
  }
  seen.dumping = false;
  await moving;
  while (!["done", "failed"].includes(run.phase)) {
    await sleep(500);
    ({ run } = await (await operator(worker, "/backups")).json());
  }
  assert.equal(run.phase, "done", run.problem);
  assert.equal(run.id, id);
  assert.ok(seen.moved >= 1_000, `only ${seen.moved} moves during the dump`);
  assert.ok(seen.naive.some((sum) => sum !== WHOLE), "a reader without care would have been right too");

  const { manifest, verified_at } = await (await operator(worker, `/backups/${id}`)).json();
  assert.ok(verified_at);
  assert.equal(manifest.consistency, "captured_changes");
  assert.ok(manifest.sql.bytes > 200_000_000, `${manifest.sql.bytes} bytes`);
  const sql = join(data, "dump.sql");
  const parts = async function* () {
    for (const at of manifest.object.parts.keys()) yield Buffer.from(await (await operator(worker, `/backups/${id}/parts/${at + 1}`)).arrayBuffer());
  };
  await pipeline(Readable.from(parts()), createGunzip(), createWriteStream(sql));
  const restored = new DatabaseSync(join(data, "restored.db"));
  await load(restored, sql);
  const sum = (/** @type {string} */ table) => Number(restored.prepare(`SELECT sum(amount) AS sum FROM ${table}`).get()?.sum);
  const [from, to] = [sum("aa_from"), sum("zz_to")];
  restored.close();
  assert.equal(from + to, WHOLE);
  // As of the beginning: almost all of the moves came later, and are in the database but not in the backup.
  assert.ok(to - ROWS * AMOUNT < seen.moved / 2, `${to - ROWS * AMOUNT} of ${seen.moved} moves are in the backup`);
  assert.equal(await beside("/sum?to"), ROWS * AMOUNT + seen.moved);
});
