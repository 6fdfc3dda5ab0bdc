// Expand, then contract. Migrations run before the code, so the version that is live must bear each of them. What only adds
// is always borne; what takes away is borne only by versions that had stopped to use it, and must say since which.
//
//   -- contract-after: 0.4.0

const TAKES_AWAY = /\b(DROP\s+(TABLE|VIEW|TRIGGER)|ALTER\s+TABLE\s+\S+\s+(DROP|RENAME)\b)/i;
const MARK = /^--\s*contract-after:\s*(\d+\.\d+\.\d+)\s*$/m;

/**
 * Why a migration must not run while `live` serves; undefined when it may.
 * @param {{ file: string, sql: string }} migration @param {string | undefined} live the version that serves, undefined before the first
 */
export function objection({ file, sql }, live) {
  const statements = sql.replace(/--[^\n]*/g, "");
  const since = MARK.exec(sql)?.[1];
  const what = TAKES_AWAY.exec(statements)?.[0];
  if (!what) return undefined;
  if (!since) return `${file} takes something away (${what}) and does not say \`-- contract-after: VERSION\`, the version that no longer uses it`;
  if (live !== undefined && isOlder(live, since)) return `${file} takes away what ${live}, which is live, still uses: deploy ${since} first`;
  return undefined;
}

/** @param {string} version @param {string} wanted */
function isOlder(version, wanted) {
  const numbers = (/** @type {string} */ text) => text.split(/[.+-]/).slice(0, 3).map(Number);
  const [a = 0, b = 0, c = 0] = numbers(version);
  const [x = 0, y = 0, z = 0] = numbers(wanted);
  return a !== x ? a < x : b !== y ? b < y : c < z;
}
