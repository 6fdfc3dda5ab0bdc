// What `npm run deploy` may be told.

import { parseArgs } from "node:util";
import { Problem } from "../process.mjs";

export const USAGE = `npm run deploy -- [options]

Takes a Cloudflare account from nothing to a live Worker, and a live Worker to the next version. What is there already is
left alone; after a failure, run it again. It shows what it will do and asks once.

  --env NAME      production (the default) or staging: a section of wrangler.toml
  --yes           does not ask
  --dry-run       only looks, and prints every call that a deployment would make
  --gradual       moves traffic in steps instead of at once
  --steps LIST    the steps in percent, 10,50 unless given
  --pause N       seconds to watch each step, 60 unless given
  --patience N    seconds that the new version gets to answer as it should, 60 unless given
  --at URL        where the Worker is reached, if not where Cloudflare says
  --no-build      deploys build/ as it is
  --help          prints this

The account is the one of \`npx wrangler login\`, or of CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID.`;

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
 * @property {boolean} help
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
        help: { type: "boolean", default: false },
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
    help: values.help,
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
