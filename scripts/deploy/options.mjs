// What `npm run deploy` may be told.

import { parseArgs } from "node:util";
import { Problem } from "../process.mjs";

/**
 * @typedef {object} Options
 * @property {"production" | "staging"} env
 * @property {boolean} yes
 * @property {boolean} dryRun
 * @property {number[]} steps percentages on the way to 100; empty when all traffic moves at once
 * @property {number} pause milliseconds
 * @property {number} patience milliseconds
 * @property {string} [at] an origin
 * @property {boolean} build
 */

/** @param {string[]} args @returns {Options} */
export function parse(args) {
  const { values } = attempt(() =>
    parseArgs({
      args,
      options: {
        env: { type: "string", default: "production" },
        yes: { type: "boolean", default: false },
        "dry-run": { type: "boolean", default: false },
        gradual: { type: "boolean", default: false },
        steps: { type: "string" },
        pause: { type: "string", default: "60" },
        patience: { type: "string", default: "60" },
        at: { type: "string" },
        "no-build": { type: "boolean", default: false },
      },
    }),
  );
  const { env } = values;
  if (env !== "production" && env !== "staging") throw refused(`There is no environment "${env}"`);
  const given = values.steps ?? (values.gradual ? "10,50" : undefined);
  const steps = given?.split(",").map(Number) ?? [];
  const grow = steps.every((step, at) => Number.isInteger(step) && step > (steps[at - 1] ?? 0) && step < 100);
  if (!grow) throw refused("--steps are whole percentages that grow, for instance 10,50");
  return {
    env,
    yes: values.yes,
    dryRun: values["dry-run"],
    steps,
    pause: seconds("--pause", values.pause),
    patience: seconds("--patience", values.patience),
    at: values.at === undefined ? undefined : attempt(() => new URL(String(values.at)).origin),
    build: !values["no-build"],
  };
}

function seconds(/** @type {string} */ name, /** @type {string} */ text) {
  const number = Number(text);
  if (text.trim() === "" || !(number >= 0 && number <= 3600)) throw refused(`${name} is a number of seconds up to 3600`);
  return number * 1000;
}

/** @template T @param {() => T} body @returns {T} */
function attempt(body) {
  try {
    return body();
  } catch (error) {
    throw refused(/** @type {Error} */ (error).message.replace(/\.\s.*$/s, ""));
  }
}

const refused = (/** @type {string} */ what) => new Problem(what, "`npm run deploy -- --help` lists what there is.");
