// What only whoever is logged in to Cloudflare can see: the database and the names of the secrets. Read and not touched.

import { login } from "../deploy/api.mjs";
import { look } from "../deploy/state.mjs";
import { target as targetOf } from "../deploy/target.mjs";
import { Problem } from "../process.mjs";

/**
 * @typedef {object} Inside
 * @property {import("../deploy/target.mjs").Target} target
 * @property {import("../deploy/state.mjs").State} state
 * @property {(sql: string) => Promise<any[]>} query
 */

/** @param {string} env @returns {Promise<Inside | undefined>} undefined when nobody is logged in */
export async function inside(env) {
  try {
    const target = targetOf(env);
    const { api, account } = await login();
    const state = await look(api, account, target);
    const path = `/accounts/${account.id}/d1/database`;
    /** @type {{ uuid: string, name: string }[]} */
    const databases = await api.get(path, { name: target.database.name, per_page: "100" });
    const id = databases.find(({ name }) => name === target.database.name)?.uuid;
    return { target, state, query: async (sql) => (id ? ((await api.ask(`${path}/${id}/query`, { sql }))[0]?.results ?? []) : []) };
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}
