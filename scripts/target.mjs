// Where a backup is restored to: the database on this machine, or one of an account. Either is replaced as a whole or not at
// all.

import { createReadStream, createWriteStream, existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { OBJECTS, contents, schemaDigest } from "./contents.mjs";
import { databaseFile, look, putInPlace } from "./local.mjs";
import { Problem, ask, reason, work } from "./process.mjs";
import { percent } from "./progress.mjs";
import { quoted } from "./rows.mjs";
import { wrangler, wranglerEnvironment } from "./wrangler.mjs";

/**
 * @typedef {import("./contents.mjs").Contents} Contents
 * @typedef {{ type: string, name: string }} Present
 * @typedef {{ scratch: import("node:sqlite").DatabaseSync, sql: string, present: Present[], epoch: string, folder: string }} Restored
 * @typedef {object} Target
 * @property {() => Promise<Present[]>} objects tables, views and triggers in it
 * @property {() => Promise<number>} epoch before which its sessions are dead, 0 when it does not say
 * @property {(restored: Restored) => Promise<void>} replace
 * @property {(wanted: Contents) => Promise<Contents>} contents what it holds; what can't be asked is as wanted
 */

/** @param {string} to @param {string | undefined} persist @returns {Target} */
export function targetOf(to, persist) {
  if (to === "local") return local(persist);
  const [, name] = /^remote:([A-Za-z0-9_-]+)$/.exec(to) ?? [];
  if (!name) throw new Problem(`"${to}" is no place to restore to`, "It is `local`, `remote:NAME`, or a time like 2026-11-25T12:00:00Z.");
  return remote(name);
}

/** @param {string | undefined} persist @returns {Target} */
function local(persist) {
  const file = databaseFile(persist);
  const read = (/** @type {string} */ sql) =>
    look(file, sql).catch((error) => {
      throw new Problem(`${file} can't be read: ${reason(error)}`, "Move it away, and what is restored takes its place.");
    });
  return {
    objects: () => read(PRESENT),
    epoch: async () => ((await read(EPOCH.known)).length > 0 ? epochOf(await read(EPOCH.read)) : 0),
    replace: async ({ scratch }) => {
      const isNew = !existsSync(file);
      mkdirSync(dirname(file), { recursive: true });
      await putInPlace(scratch, file, persist, percent("put in place"));
      if (isNew) console.log("  The database is a new file: a server that runs must be started anew to see it.");
    },
    contents: async () => {
      const { DatabaseSync } = await import("node:sqlite");
      const database = new DatabaseSync(file, { readOnly: true });
      try {
        return contents(database);
      } finally {
        database.close();
      }
    },
  };
}

/** @param {string} name @returns {Target} */
function remote(name) {
  const rows = (/** @type {string} */ sql) => {
    const out = execute(name, ["--command", sql]);
    return JSON.parse(out.slice(out.indexOf("[")))[0].results;
  };
  return {
    objects: async () => rows(PRESENT),
    epoch: async () => (rows(EPOCH.known).length > 0 ? epochOf(rows(EPOCH.read)) : 0),
    // What goes, what comes and the epoch are one file, and of a file D1 takes in all or nothing.
    replace: async ({ sql, present, epoch, folder }) => {
      const all = join(folder, "all.sql");
      const texts = async function* () {
        yield dropping(present);
        yield* createReadStream(sql, { highWaterMark: 1 << 20 });
        yield epoch;
      };
      await pipeline(Readable.from(texts()), createWriteStream(all, { mode: 0o600 }));
      const what = `Importing ${Math.ceil(statSync(all).size / 1e6)} MB into ${name}`;
      const { args, options } = execution(name, ["--file", all]);
      if (await work(what, "seconds, for 100 MB and more some minutes", process.execPath, args, { ...options, log: "import" })) return;
      throw new Problem("wrangler could not import it", "D1 takes a file in whole or not, so the database holds what it held before.");
    },
    // Digests of rows can't be computed there, and rows are not fetched only for that.
    contents: async (wanted) => ({
      schema_sha256: schemaDigest(rows(OBJECTS)),
      sequences: wanted.sequences,
      tables: counted(wanted.tables, rows),
    }),
  };
}

// Of many tables in one question, since each takes wrangler seconds.
/** @param {import("./contents.mjs").Table[]} tables @param {(sql: string) => any[]} rows */
function counted(tables, rows) {
  const found = [];
  for (let from = 0; from < tables.length; from += COLUMNS) {
    const some = tables.slice(from, from + COLUMNS);
    const [row] = rows(`SELECT ${some.map(({ name }, at) => `(SELECT count(*) FROM ${quoted(name)}) AS n${at}`).join(", ")}`);
    found.push(...some.map((table, at) => ({ ...table, rows: Number(row[`n${at}`]) })));
  }
  return found;
}

/** D1 answers with at most 100 columns. */
const COLUMNS = 50;

/** @param {string} name @param {string[]} what */
function execute(name, what) {
  const { args, options } = execution(name, what);
  const done = ask(process.execPath, args, options);
  if (!done.ok) throw new Problem("wrangler could not do it", `${done.err}\n${done.out}`.slice(-2_000));
  return done.out;
}

/** @param {string} name @param {string[]} what */
function execution(name, what) {
  // What it answers is a message to wrangler, which a quieter setting of its user would leave out.
  const env = { ...wranglerEnvironment(process.env), CI: "1", WRANGLER_LOG: "log" };
  return { args: wrangler("d1", "execute", name, "--remote", "--yes", "--json", ...what), options: { env, timeout: 3_600_000 } };
}

// Triggers and views first; tables in any order, since foreign keys are checked at the end.
function dropping(/** @type {Present[]} */ objects) {
  const order = ["trigger", "view", "table"];
  const sorted = [...objects].sort((a, b) => order.indexOf(a.type) - order.indexOf(b.type));
  return ["PRAGMA defer_foreign_keys=TRUE;", ...sorted.map(({ type, name }) => `DROP ${type} IF EXISTS ${quoted(name)};`), ""].join("\n");
}

function epochOf(/** @type {any[]} */ found) {
  return Number(found[0]?.sessions_not_before ?? 0);
}

/** Before which moment sessions are dead: whether a database has such a thing, and what it says. */
export const EPOCH = {
  known: "SELECT 1 AS known FROM pragma_table_info('installation') WHERE name = 'sessions_not_before'",
  read: "SELECT sessions_not_before FROM installation WHERE id = 1",
};

const PRESENT = `SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view', 'trigger')
AND substr(name, 1, 4) <> '_cf_' AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name`;
