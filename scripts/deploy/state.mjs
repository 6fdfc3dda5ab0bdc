// What is there already: the account as it is, read and not touched.

import { Problem } from "../process.mjs";
import { R2_OFF, Refusal } from "./api.mjs";
import { workersDevName } from "./target.mjs";

/**
 * @typedef {object} State
 * @property {{ id: string, name: string }} account
 * @property {boolean} database
 * @property {string[]} buckets of those wanted, the ones that are there
 * @property {string[]} migrated files of the migrations applied
 * @property {string | undefined} subdomain the account's name on workers.dev
 * @property {Live | undefined} live undefined before the first deployment
 * @property {string[]} secrets names of those that are set
 * @typedef {object} Live
 * @property {string} version the id that serves all traffic, or most of it
 * @property {boolean} split a deployment was left half-way
 * @property {string | undefined} tag the newest migration of Durable Objects that was applied
 */

/**
 * @param {import("./api.mjs").Api} api @param {{ id: string, name: string }} account @param {import("./target.mjs").Target} target
 * @returns {Promise<State>}
 */
export async function look(api, account, target) {
  const root = `/accounts/${account.id}`;
  /** @type {{ uuid: string, name: string }[]} */
  const databases = await api.get(`${root}/d1/database`, { name: target.database.name, per_page: "100" });
  // The API searches for a part of the name.
  const database = databases.find(({ name }) => name === target.database.name);
  const buckets = [];
  for (const name of target.buckets) if (await bucket(api, root, name)) buckets.push(name);
  const live = await serving(api, root, target.worker);
  return {
    account,
    database: database !== undefined,
    buckets,
    migrated: database ? await migrated(api, `${root}/d1/database/${database.uuid}`) : [],
    subdomain: (await api.find(`${root}/workers/subdomain`))?.subdomain,
    live,
    secrets: await secrets(api, root, target.worker),
  };
}

/** Where the Worker is reached. @param {import("./target.mjs").Target} target @param {State} state */
export function origin(target, state) {
  const [domain] = target.domains;
  return `https://${domain ?? `${target.worker}.${state.subdomain ?? workersDevName(state.account.id)}.workers.dev`}`;
}

/** @param {import("./api.mjs").Api} api @param {string} root @param {string} name */
async function bucket(api, root, name) {
  try {
    return await api.find(`${root}/r2/buckets/${name}`);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== R2_OFF) throw error;
    throw new Problem(
      "R2, which holds the backups, is not switched on in this account",
      `Once, by hand, since it asks for a card: https://dash.cloudflare.com/?to=/:account/r2. Its first 10 GB cost nothing.`,
    );
  }
}

// `wrangler d1 migrations apply` makes the table with the first of them.
/** @param {import("./api.mjs").Api} api @param {string} path @returns {Promise<string[]>} */
async function migrated(api, path) {
  const rows = (/** @type {any} */ answer) => answer[0]?.results ?? [];
  const tables = await api.ask(`${path}/query`, { sql: "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'd1_migrations'" });
  if (rows(tables).length === 0) return [];
  return rows(await api.ask(`${path}/query`, { sql: "SELECT name FROM d1_migrations ORDER BY id" })).map((/** @type {any} */ row) => row.name);
}

/** @param {import("./api.mjs").Api} api @param {string} root @param {string} worker @returns {Promise<Live | undefined>} */
async function serving(api, root, worker) {
  /** @type {{ id: string, migration_tag?: string }[]} */
  const scripts = await api.get(`${root}/workers/scripts`);
  const script = scripts.find(({ id }) => id === worker);
  if (!script) return undefined;
  const found = await api.find(`${root}/workers/scripts/${worker}/deployments`);
  /** @type {{ version_id: string, percentage: number }[]} */
  const versions = found?.deployments?.[0]?.versions ?? [];
  const [most] = [...versions].sort((a, b) => b.percentage - a.percentage);
  return most && { version: most.version_id, split: versions.length > 1, tag: script.migration_tag };
}

/** @param {import("./api.mjs").Api} api @param {string} root @param {string} worker @returns {Promise<string[]>} */
async function secrets(api, root, worker) {
  const found = await api.find(`${root}/workers/scripts/${worker}/secrets`);
  return (found ?? []).map((/** @type {{ name: string }} */ { name }) => name);
}
