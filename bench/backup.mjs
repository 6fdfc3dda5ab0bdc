// What a backup costs: databases of several sizes, dumped by the built Worker on workerd and, in the same minute, by
// `sqlite3 FILE .dump | gzip`, of the very same file.
//
// Twice: once with all in one process, for the time; once with the database and the bucket in a process of their own, as they
// are on machines of their own in production, for the memory of the process of the Worker and its Durable Objects. Of that its
// isolate is asked besides for what it holds itself, which is what the platform limits: its inspector answers between two turns
// of the Worker, ten times a second.

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
// So each isolate gets little. In production ours has 128 MiB for heap and WebAssembly together; here a tenth of that must do
// for the heap, or the run would fail. Miniflare itself starts with 12 and not with 10.
const HEAP_MIB = 12;
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
 * @property {number} program resident bytes of workerd's own program that it took from its file meanwhile
 * @property {number} storage resident bytes that the process of the database and the bucket came to have meanwhile
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
        beside: `${mib(each.program)} MiB of them pages of workerd's program; ${mib(each.peakDump - each.idle)} until the dump was complete; database and bucket beside it ${mib(each.storage)}; ${each.v8}`,
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
    const timed = await inOneProcess(data, bytes, sqlite3, say);
    say("  Again, with the database and the bucket in a process of their own");
    const worker = await startWorker({ vars: OPERATOR, persist: data, migrate: false, apart: true, quiet: true, inspector: true });
    try {
      return { ...timed, ...(await measured(worker, say)), v8: process.env.MINIFLARE_WORKERD_V8_FLAGS ?? "" };
    } finally {
      await worker.stop();
    }
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

/** @param {string} data @param {number} bytes @param {string} sqlite3 @param {(line: string) => void} say */
async function inOneProcess(data, bytes, sqlite3, say) {
  const worker = await startWorker({ vars: OPERATOR, persist: data, quiet: true });
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
    await warm(worker);
    const { computed: before } = memory(worker.pid());
    const times = await backUp(worker, say);
    const { computed } = memory(worker.pid());
    // Afterwards once more: what else the machine does may have changed meanwhile.
    await worker.halt();
    const again = await dumpWithSqlite3(sqlite3, file);
    const reference = (referred.seconds + again.seconds) / 2;
    return { bytes: size, rows: count, ...times, computed: (computed - before) / 1000, reference, referenceBytes: referred.bytes };
  } finally {
    await worker.stop();
  }
}

/** @param {import("../tests/workerd/harness.mjs").Worker} worker @param {(line: string) => void} say */
async function measured(worker, say) {
  await warm(worker);
  await sleep(1_000);
  resetPeak(worker.pid());
  const idle = memory(worker.pid());
  const beside = memory(worker.storagePid());
  const isolate = await watchIsolate(await worker.inspectorUrl());
  let peakDump = 0;
  await backUp(worker, say, () => void (peakDump = memory(worker.pid()).peak));
  const { peak, files } = memory(worker.pid());
  const storage = memory(worker.storagePid()).peak - beside.resident;
  return { idle: idle.resident, peak, peakDump, program: files - idle.files, storage, isolate: await isolate.stop() };
}

// What is loaded once for all is loaded before: the Worker's own code, the database's pages of the schema.
/** @param {import("../tests/workerd/harness.mjs").Worker} worker */
async function warm(worker) {
  for (let n = 0; n < 5; n += 1) await operator(worker, "/backups");
}

/** @param {import("../tests/workerd/harness.mjs").Worker} worker @param {string} path */
async function operator(worker, path, method = "GET") {
  const answer = await worker.fetch(`/api/v1/operator${path}`, { method, headers: { authorization: `Bearer ${OPERATOR_TOKEN}` } });
  if (!answer.ok) throw new Problem(`${path} answered ${answer.status}`, (await answer.text()).slice(0, 300));
  return answer.json();
}

/**
 * Makes a backup and waits for its end.
 * @param {import("../tests/workerd/harness.mjs").Worker} worker @param {(line: string) => void} say
 * @param {() => void} [dumped] called once when it is in the bucket
 */
async function backUp(worker, say, dumped = () => {}) {
  const started = performance.now();
  let { run } = await operator(worker, "/backups", "POST");
  const { id } = run;
  let [shown, complete] = ["", false];
  // Each look is a request that lists the bucket: more of them would take a good part of a run of a second.
  for (let wait = 250; !["done", "failed"].includes(run.phase); wait = Math.min(wait + 25, 1_000)) {
    await sleep(wait);
    ({ run } = await operator(worker, "/backups"));
    if (!complete && ["load", "compare", "attest", "prune", "done"].includes(run.phase)) {
      complete = true;
      dumped();
    }
    const mib = (memory(worker.pid()).peak / MIB).toFixed(0);
    if (run.phase !== shown) say(`    ${((performance.now() - started) / 1000).toFixed(1)} s  ${run.phase}  ${run.rows} rows, ${(run.sql_bytes / MB).toFixed(0)} MB of SQL, ${mib} MiB`);
    shown = run.phase;
  }
  if (run.phase !== "done" || run.problem) throw new Problem(`The backup ${id} failed`, run.problem);
  // Its own times, not those at which it was looked at.
  const { manifest, verified_at } = await operator(worker, `/backups/${id}`);
  const since = (/** @type {string} */ moment) => (Date.parse(moment) - Date.parse(manifest.started_at)) / 1000;
  return {
    sql: manifest.sql.bytes,
    object: manifest.object.bytes,
    consistency: manifest.consistency,
    dump: since(manifest.completed_at),
    verified: since(verified_at),
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
