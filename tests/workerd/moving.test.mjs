// A dump of 200 MB while value moves between two tables all along: restored, nothing is lost and nothing doubled.

import assert from "node:assert/strict";
import { globSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { it } from "node:test";
import { fill } from "../../bench/database.mjs";
import { open } from "../../scripts/backups.mjs";
import { load } from "../../scripts/load.mjs";
import { sleep } from "../../scripts/process.mjs";
import { startWorker } from "./harness.mjs";

const OPERATOR_TOKEN = "fQ7mV2xLr9TzB4kNw8PcJ5sHd3GyEa6uXoKi1RbMnZ0";
const BYTES = 200_000_000;
const EACH = 1_000;
const PURSES = 500;

// Tables are read in the order of their creation: one of the two at the beginning of the dump, the other at its end.
const PREPARE = `
CREATE TABLE aa_accounts (id INTEGER PRIMARY KEY, money INTEGER NOT NULL) STRICT;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${PURSES - 1}) INSERT INTO aa_accounts SELECT i, ${EACH} FROM n;`;
const AFTER = `
CREATE TABLE zz_vaults (id INTEGER PRIMARY KEY, money INTEGER NOT NULL) STRICT;
INSERT INTO zz_vaults SELECT id, money FROM aa_accounts;`;

it("is of one instant although value moves between two tables during all of it", { timeout: 600_000 }, async () => {
  const data = mkdtempSync(join(tmpdir(), "edgekeep-moving-"));
  const worker = await startWorker({ vars: { OPERATOR_TOKEN, OPERATOR_LIMIT: "100000/minute" }, persist: data, quiet: true });
  try {
    await worker.halt();
    const [file = ""] = globSync(join(data, "**", "*.sqlite")).filter((path) => /d1/i.test(path) && !path.endsWith("metadata.sqlite"));
    run(file, PREPARE);
    fill(file, BYTES);
    run(file, AFTER);
    assert.ok(statSync(file).size >= BYTES);
    await worker.restart();

    const headers = { authorization: `Bearer ${OPERATOR_TOKEN}` };
    const call = async (/** @type {string} */ path, method = "GET") => {
      const answer = await worker.fetch(`/api/v1/operator${path}`, { method, headers });
      assert.ok(answer.ok, `${path}: ${answer.status}`);
      return answer;
    };
    const status = async () => (await (await call("/backups")).json()).run;
    const database = await worker.d1;
    const [take, give] = [database.prepare("UPDATE aa_accounts SET money = money - 1 WHERE id = ?1"), database.prepare("UPDATE zz_vaults SET money = money + 1 WHERE id = ?1")];
    const { run: begun } = await (await call("/backups", "POST")).json();
    /** @type {{ from: number, to: number }[]} */
    const moved = [];
    let last = begun;
    const over = () => ["done", "failed"].includes(last.phase);
    const writer = (async () => {
      for (let n = 1; !over() && last.phase !== "compare"; n += 1) {
        const from = Date.now();
        await database.batch([take.bind(n % PURSES), give.bind((n * 7) % PURSES)]);
        moved.push({ from, to: Date.now() });
        await sleep(20);
      }
    })();
    for (; !over(); last = await status()) await sleep(500);
    await writer;
    const moves = moved.length;
    assert.deepEqual([last.phase, last.problem], ["done", null]);
    const { manifest, verified_at } = await (await call(`/backups/${begun.id}`)).json();
    assert.ok(verified_at);
    // The manifest says from when to when the dump was read; one clock serves both.
    const [began, ended] = [Date.parse(manifest.as_of), Date.parse(manifest.completed_at)];
    const during = moved.filter(({ from, to }) => from > began && to < ended).length;
    assert.ok(during >= 100, `${during} of ${moves} moves during the dump`);
    assert.equal(manifest.consistency, "captured_changes");
    const object = join(data, "object");
    for (const at of manifest.object.parts.keys()) {
      writeFileSync(object, Buffer.from(await (await call(`/backups/${begun.id}/parts/${at + 1}`)).arrayBuffer()), { flag: "a" });
    }
    const live = await database.prepare("SELECT (SELECT sum(money) FROM aa_accounts) AS accounts, (SELECT sum(money) FROM zz_vaults) AS vaults").first();
    assert.deepEqual(live, { accounts: PURSES * EACH - moves, vaults: PURSES * EACH + moves });
    await worker.halt();

    await open(object, join(data, "dump.sql"), { manifest });
    const restored = new DatabaseSync(join(data, "restored.db"));
    await load(restored, join(data, "dump.sql"));
    const sum = (/** @type {string} */ table) => Number(restored.prepare(`SELECT sum(money) AS sum FROM ${table}`).get()?.sum);
    const [accounts, vaults] = [sum("aa_accounts"), sum("zz_vaults")];
    restored.close();
    assert.equal(accounts + vaults, 2 * PURSES * EACH);
    assert.ok(accounts > PURSES * EACH - moves, "as of an instant before the last move");
  } finally {
    await worker.stop();
    rmSync(data, { recursive: true, force: true });
  }
});

function run(/** @type {string} */ file, /** @type {string} */ sql) {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}
