// What is to be done: a list of steps, each with the calls that it makes. Printed before anything happens, and the very list
// that is carried out then.

import { Problem } from "../process.mjs";
import { objection } from "./contract.mjs";
import { missing } from "./secrets.mjs";
import { workersDevName } from "./target.mjs";

/**
 * @typedef {object} Step
 * @property {string} what
 * @property {string} how "create", "apply before the code", ...
 * @property {Call[]} calls
 * @typedef {{ wrangler: string[] } | { put: string, body: unknown }} Call
 * @typedef {object} Plan
 * @property {string[]} there what is left alone
 * @property {Step[]} prepare before the code
 * @property {string[]} secrets names of those to be made
 * @property {boolean} replaces the new version takes all traffic at once: the first one, and one that brings new Durable Objects
 */

/** @param {import("./target.mjs").Target} target @param {import("./state.mjs").State} state @returns {Plan} */
export function plan(target, state) {
  const there = [];
  /** @type {Step[]} */
  const prepare = [];
  const env = ["--env", target.env];
  const { database, worker } = target;

  if (state.database) there.push(`D1 database ${database.name}`);
  else prepare.push({ what: `D1 database ${database.name}`, how: "create", calls: [{ wrangler: ["d1", "create", database.name, ...env] }] });

  for (const name of target.buckets) {
    if (state.buckets.includes(name)) there.push(`R2 bucket ${name}`);
    else prepare.push({ what: `R2 bucket ${name}`, how: "create", calls: [{ wrangler: ["r2", "bucket", "create", name, ...env] }] });
  }

  if (state.subdomain) there.push(`${state.subdomain}.workers.dev`);
  else if (target.domains.length === 0) {
    const subdomain = workersDevName(state.account.id);
    const put = `/accounts/${state.account.id}/workers/subdomain`;
    prepare.push({ what: `${subdomain}.workers.dev`, how: "register as the name of this account", calls: [{ put, body: { subdomain } }] });
  }

  const pending = database.migrations.filter(({ file }) => !state.migrated.includes(file));
  if (pending.length === 0) there.push("all migrations");
  else {
    const calls = [{ wrangler: ["d1", "migrations", "apply", database.binding, "--remote", ...env] }];
    prepare.push({ what: pending.map(({ file }) => file).join(", "), how: "apply before the code", calls });
  }

  const secrets = missing(state.secrets);
  for (const name of state.secrets) there.push(`secret ${name}`);
  const replaces = !state.live || state.live.tag !== target.lastTag;
  if (state.live) there.push(`Worker ${worker}`);
  return { there, prepare, secrets, replaces };
}

/**
 * Refuses migrations that the version which is live would not bear.
 * @param {import("./target.mjs").Target} target @param {import("./state.mjs").State} state @param {string | undefined} version of the software that is live
 */
export function holdToContracts(target, state, version) {
  const pending = target.database.migrations.filter(({ file }) => !state.migrated.includes(file));
  const objections = pending.flatMap((migration) => objection(migration, version) ?? []);
  if (objections.length > 0) throw new Problem("A migration would break the version that is live", objections.join("\n"));
}

/** How the code goes out, for people: a line per step. @param {Plan} made @param {number[]} steps percentages */
export function release({ replaces }, steps) {
  if (replaces) return ["upload, all traffic at once", "test", "on failure back to the version before, where there is one"];
  return ["upload", "test at 0 % of the traffic", ...steps.map((step) => `${step} %, watch`), "100 %", "test", "on failure back to the version before"];
}
