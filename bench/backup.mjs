// What a backup costs: databases of several sizes, dumped by the built Worker on workerd and, in the same minute, by
// `sqlite3 FILE .dump | gzip`, of the very same file.
//
// workerd runs the Worker, the database and the bucket in one process here, so its memory is that of all three together;
// in production each has its own. So the isolate of the Worker, with its Durable Objects, is asked for what it holds itself:
// this is what the platform limits. Its inspector answers between two turns of the Worker, ten times a second.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Problem, sleep } from "../scripts/process.mjs";
import { memory, resetPeak } from "../scripts/processes.mjs";
import { databaseFile, startWorker } from "../tests/workerd/harness.mjs";
import { OPERATOR, OPERATOR_TOKEN } from "../tests/workerd/operator.mjs";
import { fill } from "./database.mjs";
import { watchIsolate } from "./isolate.mjs";

// V8 lets garbage lie until it needs the room, and without a bound that measures how much memory the machine has to spare.
// So each isolate gets little: the Worker with its objects, and each of the simulations of D1 and R2. In production ours has
// 128 MiB for heap and WebAssembly together; here an eighth of that must do for the heap, or the run would fail. Miniflare
// itself starts with 12 and not with 10.
const HEAP_MIB = 16;
const MB = 1_000_000;
const MIB = 1 << 20;
/** MiB of an isolate in production: https://developers.cloudflare.com/workers/platform/limits/#memory */
const LIMIT_MIB = 128;

/**
 * @typedef {object} Figures of one size
 * @property {number} bytes of the database's file
 * @property {number} rows
 * @property {number} sql bytes of the dump before compression
 * @property {number} object bytes of it afterwards
 * @property {string} consistency
 * @property {number} dump seconds until the backup was complete in the bucket
 * @property {number} verified seconds until it was restored and compared as well
 * @property {number} reference seconds of sqlite3 and gzip
 * @property {number} referenceBytes what they made
 * @property {number} idle resident bytes of workerd before
 * @property {number} peak resident bytes at most
 * @property {number} peakDump at most until the backup was complete
 * @property {import("./isolate.mjs").Isolate} isolate of the Worker and its objects, without the database and the bucket
 * @property {string} v8 the flags it ran with, which bound each isolate's heap
 * @property {number} computed seconds of computation of workerd, all threads
 */

/**
 * @param {{ sizes: number[], sqlite3: string, say: (line: string) => void }} options sizes in MB
 */
export async function measure({ sizes, sqlite3, say }) {
  /** @type {Figures[]} */
  const figures = [];
  process.env.MINIFLARE_WORKERD_V8_FLAGS ??= `--max-heap-size=${HEAP_MIB}`;
  for (const size of sizes) figures.push(await one(size * MB, sqlite3, say));
  return figures;
}

/** @param {Figures[]} figures @returns {import("./bench.mjs").Row[]} */
export function rows(figures) {
  const perSecond = (/** @type {Figures} */ { bytes }, /** @type {number} */ seconds) => bytes / MB / seconds;
  return figures.flatMap((each) => {
    const what = `${(each.bytes / MB).toFixed(0)} MB`;
    const reference = perSecond(each, each.reference);
    const dump = perSecond(each, each.dump);
    const mib = (/** @type {number} */ count) => (count / MIB).toFixed(0);
    const over = (each.peak - each.idle) / MIB;
    const { isolate } = each;
    const own = (isolate.peak - isolate.idle) / MIB;
    return [
      {
        what: `${what}, dump`,
        value: `${dump.toFixed(1)} MB/s (${each.dump.toFixed(1)} s)`,
        beside: `sqlite3 .dump | gzip, ${reference.toFixed(1)} MB/s`,
        ratio: dump / reference,
        aim: "at least 0.5",
        met: dump / reference >= 0.5,
      },
      {
        what: `${what}, dump, restored and compared`,
        value: `${perSecond(each, each.verified).toFixed(1)} MB/s (${each.verified.toFixed(1)} s, ${each.computed.toFixed(1)} s of CPU)`,
        beside: `${(each.sql / MB).toFixed(0)} MB of SQL, ${(each.object / MB).toFixed(0)} MB gzip`,
      },
      {
        what: `${what}, memory`,
        value: `${over.toFixed(0)} MiB over ${mib(each.idle)} MiB idle`,
        beside: `${mib(each.peakDump - each.idle)} MiB until the dump was complete, each isolate with ${each.v8}`,
        aim: "at most 64 MiB",
        met: over <= 64,
      },
      {
        what: `${what}, memory of the Worker itself`,
        value: `${own.toFixed(0)} MiB over ${mib(isolate.idle)} MiB idle`,
        beside: `limit of an isolate ${LIMIT_MIB} MiB; at most ${mib(isolate.heap)} of heap, ${mib(isolate.buffers)} of buffers, ${mib(isolate.wasm)} of wasm`,
        aim: "at most 64 MiB",
        met: own <= 64,
      },
    ];
  });
}

/** @param {number} bytes @param {string} sqlite3 @param {(line: string) => void} say @returns {Promise<Figures>} */
async function one(bytes, sqlite3, say) {
  const data = mkdtempSync(join(tmpdir(), "edgekeep-bench-"));
  try {
    const worker = await startWorker({ vars: OPERATOR, persist: data, quiet: true, inspector: true });
    try {
      await worker.halt();
      const file = databaseFile(data);
      say(`  Filling a database of ${bytes / MB} MB`);
      const count = fill(file, bytes);
      const size = statSync(file).size;
      say(`  sqlite3 .dump | gzip`);
      // Read once before, so that neither of the two finds the file on the disk and the other in memory.
      await dumpWithSqlite3(sqlite3, file);
      const referred = await dumpWithSqlite3(sqlite3, file);
      await worker.restart();
      const done = await backUp(worker, say);
      // Afterwards once more: what else the machine does may have changed meanwhile.
      await worker.halt();
      const again = await dumpWithSqlite3(sqlite3, file);
      return { bytes: size, rows: count, ...done, reference: (referred.seconds + again.seconds) / 2, referenceBytes: referred.bytes };
    } finally {
      await worker.stop();
    }
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

/** @param {import("../tests/workerd/harness.mjs").Worker} worker @param {(line: string) => void} say */
async function backUp(worker, say) {
  const call = async (/** @type {string} */ path, method = "GET") => {
    const answer = await worker.fetch(`/api/v1/operator${path}`, { method, headers: { authorization: `Bearer ${OPERATOR_TOKEN}` } });
    if (!answer.ok) throw new Problem(`${path} answered ${answer.status}`, (await answer.text()).slice(0, 300));
    return answer.json();
  };
  // What is loaded once for all is loaded before: the Worker's own code, the database's pages of the schema.
  for (let n = 0; n < 5; n += 1) await call("/backups");
  await sleep(1_000);
  resetPeak(worker.pid());
  const idle = memory(worker.pid()).resident;
  const isolate = await watchIsolate(await worker.inspectorUrl());
  const before = memory(worker.pid()).computed;
  const started = performance.now();
  let { run } = await call("/backups", "POST");
  const { id } = run;
  let shown = "";
  let [peakDump, dumped] = [0, 0];
  // Each look is a request that lists the bucket: more of them would take a good part of a run of a second.
  for (let wait = 250; !["done", "failed"].includes(run.phase); wait = Math.min(wait + 25, 1_000)) {
    await sleep(wait);
    ({ run } = await call("/backups"));
    const { peak } = memory(worker.pid());
    if (!dumped && ["load", "compare", "attest", "prune", "done"].includes(run.phase)) [peakDump, dumped] = [peak, performance.now()];
    if (run.phase !== shown) say(`    ${((performance.now() - started) / 1000).toFixed(1)} s  ${run.phase}  ${run.rows} rows, ${(run.sql_bytes / MB).toFixed(0)} MB of SQL, ${(peak / MIB).toFixed(0)} MiB`);
    shown = run.phase;
  }
  if (run.phase !== "done" || run.problem) throw new Problem(`The backup ${id} failed`, run.problem);
  const { computed, peak } = memory(worker.pid());
  const own = await isolate.stop();
  // Its own times, not those at which it was looked at.
  const { manifest, verified_at } = await call(`/backups/${id}`);
  const since = (/** @type {string} */ moment) => (Date.parse(moment) - Date.parse(manifest.started_at)) / 1000;
  return {
    sql: manifest.sql.bytes,
    object: manifest.object.bytes,
    consistency: manifest.consistency,
    dump: since(manifest.completed_at),
    verified: since(verified_at),
    idle,
    peak,
    peakDump,
    isolate: own,
    v8: process.env.MINIFLARE_WORKERD_V8_FLAGS ?? "",
    computed: (computed - before) / 1000,
  };
}

/** @param {string} sqlite3 @param {string} file @returns {Promise<{ seconds: number, bytes: number }>} */
function dumpWithSqlite3(sqlite3, file) {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const dump = spawn(sqlite3, ["-readonly", file, ".dump"], { stdio: ["ignore", "pipe", "inherit"] });
    const gzip = spawn("gzip", ["-c"], { stdio: [dump.stdout, "pipe", "inherit"] });
    dump.stdout.destroy();
    let bytes = 0;
    gzip.stdout?.on("data", (/** @type {Buffer} */ chunk) => void (bytes += chunk.length));
    dump.once("error", reject);
    gzip.once("error", reject);
    gzip.once("close", (code) => {
      if (code !== 0 || bytes === 0) return void reject(new Problem(`gzip ended with ${code} after ${bytes} bytes`));
      resolve({ seconds: (performance.now() - started) / 1000, bytes });
    });
  });
}
