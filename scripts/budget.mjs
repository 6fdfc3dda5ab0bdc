// What the built Worker may weigh and how long it may take to start: printed and held by `npm run build` and `npm run check`.

import { keepStart } from "./build.mjs";
import { startTimes } from "./startup.mjs";

/** Bytes of all in, compressed as the platform counts it. What the free plan took for years; a Worker under it deploys anywhere. */
export const GZIP_BUDGET = 3_000_000;

/**
 * How many times as long as a Worker of one line. A ratio within one run, so that it means the same on a fast and on a busy
 * machine. It is 3 to 4; the platform's own limit of a second would be some 30.
 */
export const START_BUDGET = 6;

/** @typedef {import("./build.mjs").Built} Built */

/**
 * The build with its start times: those that were kept with it, unless they are over the budget. Whatever disturbs a
 * measurement makes it longer, so what is over is measured again before it is believed.
 * @param {Built} built @param {() => Promise<import("./startup.mjs").Start>} [measure] @param {typeof keepStart} [keep] @returns {Promise<Built & { start: import("./startup.mjs").Start }>}
 */
export async function started(built, measure = startTimes, keep = keepStart) {
  let { start } = built;
  for (let tries = 0; (!start || ratio(start) > START_BUDGET) && tries < TRIES; tries += 1) {
    const again = await measure();
    if (!start || ratio(again) < ratio(start)) start = again;
  }
  if (!start) throw new Error("nothing was measured");
  if (start !== built.start) keep(built, start);
  return { ...built, start };
}

/** What is over its budget; empty when nothing is. @param {Built} built @returns {string[]} */
export function overBudget({ gzip, start }) {
  const over = [];
  if (gzip > GZIP_BUDGET) over.push("The Worker is over its size budget");
  if (start && ratio(start) > START_BUDGET) over.push("The Worker is over its budget of start-up time");
  return over;
}

/** Both, beside what they may be. @param {Built} built */
export function figures({ raw, gzip, start }) {
  const kib = (/** @type {number} */ bytes) => `${(bytes / 1024).toFixed(0)} KiB`;
  const size = `wasm ${kib(raw)}, gzip ${kib(gzip)} of at most ${kib(GZIP_BUDGET)}`;
  return start ? `${size}; starts in ${start.ms} ms, ${ratio(start).toFixed(1)} of at most ${START_BUDGET} times a Worker of one line` : size;
}

function ratio(/** @type {import("./startup.mjs").Start} */ { ms, bare }) {
  return ms / bare;
}

const TRIES = 3;
