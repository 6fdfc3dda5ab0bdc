// What telling Sentry costs everybody else: ordinary requests while a hundred others a second fail, with nobody to tell and
// with a receiver that is well, slow, full, broken or not there.
//
// All Workers stand side by side and rounds take turns, so that what else the machine does meets all of them alike. Each
// round's ratio is taken within the round, and the median round counts.

import { sleep } from "../scripts/process.mjs";
import { startWorker } from "../tests/workerd/harness.mjs";
import { startReceiver } from "../tests/workerd/receiver.mjs";
import { median, run } from "./load.mjs";

const ROUNDS = 9;
const ERRORS_PER_SECOND = 100;
const ROUTE = { path: "/healthz" };

/** @typedef {{ receiver: string, p50: number, p99: number, ratio50: number, ratio99: number, told: number }} Figures milliseconds; requests that it got */

/** @param {{ seconds: number, say: (line: string) => void }} options of one round */
export async function measure({ seconds, say }) {
  const receivers = await Promise.all(MANNERS.map(async (manner) => {
    const receiver = await startReceiver();
    receiver.behave(manner);
    return { manner, receiver };
  }));
  /** @type {{ receiver: string, dsn?: string, told: () => number }[]} */
  const kinds = [
    { receiver: "none", told: () => 0 },
    ...receivers.map(({ manner, receiver }) => ({ receiver: String(manner), dsn: receiver.dsn, told: receiver.requests })),
    { receiver: "down", dsn: receivers[0]?.receiver.dsn.replace(/:\d+\//, ":1/"), told: () => 0 },
  ];
  const workers = [];
  try {
    for (const { dsn } of kinds) workers.push(await startWorker({ vars: dsn ? { SENTRY_DSN: dsn } : {}, quiet: true }));
    /** @type {{ p50: number, p99: number }[][]} */
    const rounds = [];
    for (let round = -1; round < ROUNDS; round += 1) {
      say(round < 0 ? "  warming up" : `  round ${round + 1} of ${ROUNDS}`);
      const figures = [];
      for (const worker of workers) figures.push(await amidErrors(worker, round < 0 ? 0.5 : seconds));
      if (round >= 0) rounds.push(figures);
    }
    const of = (/** @type {(round: { p50: number, p99: number }[]) => number} */ by) => median(rounds.map(by));
    return kinds.map(({ receiver, told }, at) => {
      const [base, mine] = [(/** @type {any[]} */ round) => round[0], (/** @type {any[]} */ round) => round[at]];
      return {
        receiver,
        p50: of((round) => mine(round).p50),
        p99: of((round) => mine(round).p99),
        ratio50: of((round) => mine(round).p50 / base(round).p50),
        ratio99: of((round) => mine(round).p99 / base(round).p99),
        told: told(),
      };
    });
  } finally {
    await Promise.all([...workers.map((worker) => worker.stop()), ...receivers.map(({ receiver }) => receiver.stop())]);
  }
}

/** @param {Figures[]} figures @returns {import("./bench.mjs").Row[]} */
export function rows(figures) {
  return figures.map(({ receiver, p50, p99, ratio99, told }) => ({
    what: `GET ${ROUTE.path}, receiver ${receiver}`,
    value: `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms${told ? `, told ${told} times` : ""}`,
    ...(receiver !== "none" && { beside: "p99 with none", ratio: ratio99, aim: `at most ${MOST}`, met: ratio99 <= MOST }),
  }));
}

/** @param {import("../tests/workerd/harness.mjs").Worker} worker @param {number} seconds */
async function amidErrors(worker, seconds) {
  let over = false;
  const failing = (async () => {
    while (!over) {
      const [answer] = await Promise.all([worker.fetch("/__debug/error"), sleep(1000 / ERRORS_PER_SECOND)]);
      await answer.arrayBuffer();
      if (answer.status !== 500) throw new Error(`/__debug/error answered ${answer.status}`);
    }
  })();
  const figures = await run({ port: worker.port, call: () => ROUTE, connections: 4, seconds });
  over = true;
  await failing;
  return figures;
}

/** @type {import("../tests/workerd/receiver.mjs").Manner[]} */
const MANNERS = ["well", "slow", 429, 500, "half-way"];
/** What counts as not moving: the p99 of two equal Workers differs by a tenth from one run to the next. */
const MOST = 1.2;
