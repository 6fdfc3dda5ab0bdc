// Secrets: made where they are absent, handed to wrangler in a file that only this user can read and that is gone a moment
// later. Never in an argument, which every process of the machine can read, and never printed.

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Those that the Worker needs. A `kept` one is of use to a person too, and stays in a file of this user. */
const SECRETS = [
  { name: "JWT_SECRET", kept: false },
  { name: "OPERATOR_TOKEN", kept: true },
];

/** @typedef {{ account: string, worker: string }} Place whose secrets these are */

/** Names of those to be made. @param {string[]} present */
export function missing(present) {
  return SECRETS.map(({ name }) => name).filter((name) => !present.includes(name));
}

/** Where a kept secret lies: outside of any repository. @param {string} name @param {Place} place */
export function keptIn(name, { account, worker }) {
  if (!SECRETS.some((secret) => secret.name === name && secret.kept)) return undefined;
  return join(process.env.XDG_CONFIG_HOME || join(homedir(), ".config"), "edgekeep", account, worker, name);
}

/** A kept secret, where this machine has it. @param {string} name @param {Place} place */
export function kept(name, place) {
  const file = keptIn(name, place);
  return file && existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}

/**
 * Makes secrets and lends a file that holds them.
 * @template T @param {string[]} names @param {Place} place @param {(file: string) => Promise<T>} body @returns {Promise<T>}
 */
export async function withSecrets(names, place, body) {
  const folder = mkdtempSync(join(tmpdir(), "edgekeep-secrets-"));
  const drop = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", drop);
  try {
    const file = join(folder, "secrets.json");
    const pairs = names.map((name) => [name, value(name, place)]);
    writeFileSync(file, JSON.stringify(Object.fromEntries(pairs)), { mode: 0o600 });
    return await body(file);
  } finally {
    process.off("exit", drop);
    drop();
  }
}

// A kept one is written down before it is sent: after a failure the same one is sent again, and none is ever lost.
/** @param {string} name @param {Place} place */
function value(name, place) {
  const file = keptIn(name, place);
  const fresh = randomBytes(32).toString("base64url");
  if (!file) return fresh;
  const before = kept(name, place);
  if (before) return before;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `${fresh}\n`, { mode: 0o600 });
  return fresh;
}
