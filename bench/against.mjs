// This checkout's Worker beside another one's: an older commit, another way of building. Both stand at the same time and
// rounds take turns; each round's ratio is taken within the round, and the median round counts.
//
// The other one is started by its own harness, with its own settings and migrations.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Problem } from "../scripts/process.mjs";
import { startWorker } from "../tests/workerd/harness.mjs";
import { prose, register } from "./bench.mjs";
import { median, run } from "./load.mjs";

const ROUNDS = 15;
const MOST = "100000/second";
const VARS = { REGISTER_LIMIT: MOST, DETECT_LIMIT: MOST, DO_DEADLINE_MS: "30000" };
const DETECT = "/api/v1/ai-tools/detect";

/** @typedef {{ what: string, ours: number, theirs: number, ratio50: number, ratioMean: number }} Figures p50 in milliseconds */

/** @param {{ folder: string, say: (line: string) => void }} options */
export async function measure({ folder, say }) {
  const harness = join(folder, "tests", "workerd", "harness.mjs");
  for (const needed of [harness, join(folder, "build", "index_bg.wasm")]) {
    if (!existsSync(needed)) throw new Problem(`There is no ${needed}`, "Give a checkout in which `npm run build` was run.");
  }
  const other = /** @type {typeof import("../tests/workerd/harness.mjs")} */ (await import(pathToFileURL(harness).href));
  const [ours, theirs] = await Promise.all([startWorker, other.startWorker].map((start) => start({ vars: VARS, quiet: true })));
  if (!ours || !theirs) throw new Problem("A Worker did not start");
  try {
    const workers = await Promise.all([ours, theirs].map(async (worker) => ({ port: worker.port, token: await register(worker, "one@example.com") })));
    /** @type {[string, number, number, (token: string) => import("./load.mjs").Call][]} */
    const calls = [
      ["GET /healthz, 8 at a time", 8, 1_500, () => ({ path: "/healthz" })],
      ["GET /api/v1/auth/me", 1, 200, (token) => ({ path: "/api/v1/auth/me", headers: bearer(token) })],
      ...[100, 300, 1_000, 10_000].map((words) => {
        const body = JSON.stringify({ text: prose(words) });
        return /** @type {[string, number, number, (token: string) => import("./load.mjs").Call]} */ ([
          `detect ${words} words`, 1, words > 1_000 ? 15 : 60, (token) => ({ method: "POST", path: DETECT, headers: bearer(token), body }),
        ]);
      }),
    ];
    const figures = [];
    for (const [what, connections, requests, call] of calls) {
      say(`  ${what}`);
      figures.push({ what, ...(await compare(workers, call, connections, requests)) });
    }
    return figures;
  } finally {
    await Promise.all([ours.stop(), theirs.stop()]);
  }
}

/** @param {Figures[]} figures @returns {import("./bench.mjs").Row[]} */
export function rows(figures) {
  return figures.map(({ what, ours, theirs, ratio50, ratioMean }) => ({
    what,
    value: `p50 ${ours.toFixed(2)} ms, mean ${ratioMean.toFixed(2)} of the other's`,
    beside: `the other's p50, ${theirs.toFixed(2)} ms`,
    ratio: ratio50,
  }));
}

/**
 * @param {{ port: number, token: string }[]} workers @param {(token: string) => import("./load.mjs").Call} call
 * @param {number} connections @param {number} requests
 */
async function compare(workers, call, connections, requests) {
  /** @type {[import("./load.mjs").Figures, import("./load.mjs").Figures][]} */
  const rounds = [];
  for (let round = -2; round < ROUNDS; round += 1) {
    /** @type {import("./load.mjs").Figures[]} */
    const pair = [];
    // Who goes first takes turns as well.
    for (const index of round % 2 === 0 ? [0, 1] : [1, 0]) {
      const worker = /** @type {{ port: number, token: string }} */ (workers[index]);
      pair[index] = await run({ port: worker.port, call: () => call(worker.token), connections, requests, seconds: 30 });
    }
    if (round >= 0) rounds.push(/** @type {[import("./load.mjs").Figures, import("./load.mjs").Figures]} */ (pair));
  }
  const middle = (/** @type {(pair: typeof rounds[number]) => number} */ of) => median(rounds.map(of));
  return {
    ours: middle(([mine]) => mine.p50),
    theirs: middle(([, other]) => other.p50),
    ratio50: middle(([mine, other]) => mine.p50 / other.p50),
    ratioMean: middle(([mine, other]) => other.perSecond / mine.perSecond),
  };
}

function bearer(/** @type {string} */ token) {
  return { authorization: `Bearer ${token}` };
}
