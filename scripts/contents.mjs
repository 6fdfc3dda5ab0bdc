// What a database holds, as a manifest has it: rows and digest of each table, the schema's digest, where automatic row ids
// stand. The Worker computes the same (src/backup/schema.rs, src/backup/verify.rs).

import { createHash } from "node:crypto";
import { digest } from "./rows.mjs";

/**
 * @typedef {{ name: string, rows: number, sha256: string }} Table
 * @typedef {{ schema_sha256: string, sequences: { table: string, seq: string }[], tables: Table[] }} Contents
 * @typedef {import("node:sqlite").DatabaseSync} Database
 */

/** All that a database holds. @param {Database} database @returns {Contents} */
export function contents(database) {
  const tables = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND ${OWN} ORDER BY rowid`).all();
  return {
    schema_sha256: schemaDigest(/** @type {any[]} */ (database.prepare(OBJECTS).all())),
    sequences: sequences(database),
    tables: tables.map(({ name }) => ({ name: String(name), ...digest(database, String(name)) })),
  };
}

/** What differs between what was found and what should be there, in words. @param {Contents} found @param {Contents} wanted */
export function differences(found, wanted) {
  const problems = [];
  if (found.schema_sha256 !== wanted.schema_sha256) problems.push("the schema is another");
  if (JSON.stringify(found.sequences) !== JSON.stringify(wanted.sequences.map(({ table, seq }) => ({ table, seq })))) problems.push("automatic row ids stand elsewhere");
  for (const { name, rows, sha256 } of wanted.tables) {
    const own = found.tables.find((table) => table.name === name);
    if (own?.rows !== rows) problems.push(`${name}: ${own?.rows ?? "no"} rows instead of ${rows}`);
    else if (own.sha256 !== sha256) problems.push(`${name}: its rows are not those that were backed up`);
  }
  return problems;
}

/** SHA-256 over the rows of `OBJECTS`. @param {{ type: string, name: string, tbl_name: string, sql: string }[]} objects */
export function schemaDigest(objects) {
  const hash = createHash("sha256");
  for (const { type, name, tbl_name: table, sql } of objects) {
    for (const part of [type, name, table, sql.replace(/\p{White_Space}+$/u, "")]) hash.update(part).update("\0");
  }
  return hash.digest("hex");
}

/** @param {Database} database */
function sequences(database) {
  if (!database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").get()) return [];
  const rows = database.prepare(`SELECT name AS "table", CAST(seq AS TEXT) AS seq FROM sqlite_sequence WHERE ${NOBODYS} ORDER BY name`).all();
  return rows.map(({ table, seq }) => ({ table: String(table), seq: String(seq) }));
}

/** Neither the runtime's nor a backup's own, */
const NOBODYS = "substr(name, 1, 4) <> '_cf_' AND substr(name, 1, 10) <> '_edgekeep_'";
/** nor SQLite's. */
const OWN = `${NOBODYS} AND substr(name, 1, 7) <> 'sqlite_'`;

/** Everything in a schema, in the order of its digest. */
export const OBJECTS = `SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND ${OWN} ORDER BY type, name`;
