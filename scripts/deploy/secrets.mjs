// Secrets: made where they are absent, handed to wrangler in a file that only this user can read and that is gone a moment
// later. Never in an argument, which every process of the machine can read, and never printed.

import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT } from "../paths.mjs";

/** Those that the Worker needs; `kept` ones are of use to a person too, and stay in a file beside the project. */
const SECRETS = [{ name: "JWT_SECRET", kept: false }];

/** Names of those to be made. @param {string[]} present */
export function missing(present) {
  return SECRETS.map(({ name }) => name).filter((name) => !present.includes(name));
}

/** Where a kept secret of an environment lies; git ignores it. @param {string} name @param {string} env */
export function keptIn(name, env) {
  return SECRETS.some((secret) => secret.name === name && secret.kept) ? join(PROJECT, `.secret.${name}.${env}`) : undefined;
}

/**
 * Makes secrets and lends a file that holds them.
 * @template T @param {string[]} names @param {string} env @param {(file: string) => Promise<T>} body @returns {Promise<T>}
 */
export async function withSecrets(names, env, body) {
  const folder = mkdtempSync(join(tmpdir(), "edgekeep-secrets-"));
  const drop = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", drop);
  try {
    const file = join(folder, "secrets.json");
    const pairs = names.map((name) => [name, value(name, env)]);
    writeFileSync(file, JSON.stringify(Object.fromEntries(pairs)), { mode: 0o600 });
    return await body(file);
  } finally {
    process.off("exit", drop);
    drop();
  }
}

// A kept one is written down before it is sent, and after a failure the same one is sent again.
/** @param {string} name @param {string} env */
function value(name, env) {
  const fresh = randomBytes(32).toString("base64url");
  const file = keptIn(name, env);
  if (!file) return fresh;
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  writeFileSync(file, `${fresh}\n`, { mode: 0o600, flag: "wx" });
  chmodSync(file, 0o600);
  return fresh;
}
