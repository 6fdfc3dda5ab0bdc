// What a check is, and how a list of them is gone through.

/**
 * @typedef {"pass" | "warn" | "fail"} Verdict
 * @typedef {{ verdict: Verdict, detail: string, todo?: string }} Finding
 * @typedef {object} Check
 * @property {string} id stable, for machines
 * @property {string} title what holds when it passes
 * @property {(context: Context) => Promise<Finding> | Finding} run
 * @typedef {object} Context
 * @property {string} origin
 * @property {boolean} loopback this machine: no TLS and no edge in front
 * @property {string} env the environment of wrangler.toml that the origin belongs to
 * @property {import("./client.mjs").Client} client
 * @property {import("./client.mjs").Throwaway} account
 * @property {import("./inside.mjs").Inside | undefined} inside the account at Cloudflare, when somebody is logged in
 * @property {Date} now
 * @property {string | undefined} operatorToken
 * @property {Record<string, string>} laptop the secrets of this machine, which must not be those of the installation
 */

/** @param {string} detail @returns {Finding} */
export const pass = (detail) => ({ verdict: "pass", detail });
/** @param {string} detail @param {string} todo @returns {Finding} */
export const warn = (detail, todo) => ({ verdict: "warn", detail, todo });
/** @param {string} detail @param {string} todo @returns {Finding} */
export const fail = (detail, todo) => ({ verdict: "fail", detail, todo });

/**
 * One after the other, in order: later ones use the account that an earlier one has made.
 * @param {Check[]} checks @param {Context} context @param {(check: Check, finding: Finding) => void} tell
 * @returns {Promise<(Finding & { id: string, title: string })[]>}
 */
export async function go(checks, context, tell) {
  const findings = [];
  for (const check of checks) {
    const finding = await attempt(check, context);
    tell(check, finding);
    findings.push({ id: check.id, title: check.title, ...finding });
  }
  return findings;
}

/** @param {Check} check @param {Context} context @returns {Promise<Finding>} */
async function attempt(check, context) {
  try {
    return await check.run(context);
  } catch (error) {
    const { message, cause } = /** @type {Error & { cause?: Error }} */ (error);
    return fail(cause?.message || message, "The check itself could not be made; is the host reached from here?");
  }
}
