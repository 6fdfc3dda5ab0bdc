// What is to be deployed, as wrangler.toml and this working copy say.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { unstable_readConfig } from "wrangler";
import { PROJECT } from "../paths.mjs";
import { Problem, ask } from "../process.mjs";

/**
 * @typedef {object} Target
 * @property {string} env
 * @property {string} worker
 * @property {{ binding: string, name: string, migrations: Migration[] }} database
 * @property {string[]} buckets
 * @property {string[]} domains custom domains, the first being the one to be reached at
 * @property {string | undefined} lastTag the newest migration of Durable Objects
 * @property {{ version: string, commit: string, subject: string, dirty: boolean }} release
 * @typedef {{ file: string, sql: string }} Migration
 */

/** @param {string} env @returns {Target} */
export function target(env) {
  const config = unstable_readConfig({ config: join(PROJECT, "wrangler.toml"), env });
  const [database, ...others] = config.d1_databases;
  const name = database?.database_name;
  if (!config.name || !database || !name || others.length > 0) {
    throw new Problem(`wrangler.toml must give [env.${env}] a name and one D1 database`);
  }
  const folder = join(PROJECT, database.migrations_dir ?? "migrations");
  return {
    env,
    worker: config.name,
    database: { binding: database.binding, name, migrations: migrations(folder) },
    buckets: config.r2_buckets.flatMap((/** @type {{ bucket_name?: string }} */ { bucket_name }) => (bucket_name ? [bucket_name] : [])),
    domains: (config.routes ?? []).flatMap((/** @type {any} */ route) => (typeof route === "object" && "custom_domain" in route && route.custom_domain ? [route.pattern] : [])),
    lastTag: config.migrations.at(-1)?.tag,
    release: release(),
  };
}

/** Of the working copy. */
export function release() {
  const git = (/** @type {string[]} */ ...args) => ask("git", args).out;
  /** @type {{ version: string }} */
  const { version } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8"));
  return { version, commit: git("rev-parse", "--short=12", "HEAD"), subject: git("log", "-1", "--format=%s"), dirty: git("status", "--porcelain") !== "" };
}

/** A name on workers.dev that is this account's and nobody else's, always the same one. */
export function workersDevName(/** @type {string} */ account) {
  return `edgekeep-${createHash("sha256").update(account).digest("hex").slice(0, 8)}`;
}

/** @param {string} folder @returns {Migration[]} */
export function migrations(folder) {
  const files = readdirSync(folder).filter((file) => file.endsWith(".sql"));
  return files.sort().map((file) => ({ file, sql: readFileSync(join(folder, file), "utf8") }));
}
