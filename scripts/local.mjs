// The D1 database on this machine: SQLite in a file, where wrangler keeps it.

import { createHash, createHmac } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { PROJECT } from "./paths.mjs";
import { Problem, reason, sleep } from "./process.mjs";

/** The folder of the local state. @param {string | undefined} persist */
const stateOf = (persist) => (persist ? resolve(PROJECT, persist) : join(PROJECT, ".wrangler", "state"));

/** The file of the database, whether it is there or not. @param {string | undefined} persist as wrangler takes `--persist-to` */
export function databaseFile(persist) {
  const id = /^database_id\s*=\s*"([^"]+)"/m.exec(readFileSync(join(PROJECT, "wrangler.toml"), "utf8"))?.[1] ?? "DB";
  return join(stateOf(persist), "v3", "d1", KIND, `${objectId(id)}.sqlite`);
}

// D1 on this machine is a Durable Object of Miniflare, found by its name: the id of the database.
function objectId(/** @type {string} */ name) {
  const key = createHash("sha256").update(KIND).digest();
  const hmac = (/** @type {string | Buffer} */ of) => createHmac("sha256", key).update(of).digest().subarray(0, 16);
  return Buffer.concat([hmac(name), hmac(hmac(name))]).toString("hex");
}

const KIND = "miniflare-D1DatabaseObject";

/**
 * Puts a database in the place of another, as a whole or not at all: SQLite copies its pages in one transaction, whoever has
 * the other one open. `npm run dev` looks anew which migrations it lacks.
 * @param {import("node:sqlite").DatabaseSync} database @param {string} file @param {string | undefined} persist @param {(done: number, all: number) => void} progress in pages
 */
export async function putInPlace(database, file, persist, progress) {
  const { backup } = await import("node:sqlite");
  rmSync(join(stateOf(persist), "migrated"), { force: true });
  for (const deadline = Date.now() + PATIENCE; ; await sleep(100)) {
    try {
      const all = await backup(database, file, { rate: PAGES, progress: ({ totalPages, remainingPages }) => progress(totalPages - remainingPages, totalPages) });
      return progress(all, all);
    } catch (error) {
      // Whoever writes at this moment is waited for; SQLite does not say so by itself here.
      if (Date.now() < deadline) continue;
      throw new Problem("The database can't be replaced, and is as it was", `${file} (${reason(error)}): another program may be writing to it all the time.`);
    }
  }
}

const PATIENCE = 5_000;
/** Pages of a step: 16 MiB. */
const PAGES = 4_096;

/** What a statement finds in the file, read only; nothing when there is no file. @param {string} file @param {string} sql @returns {Promise<any[]>} */
export async function look(file, sql) {
  if (!existsSync(file)) return [];
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}
