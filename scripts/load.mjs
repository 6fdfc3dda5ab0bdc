// Loading the SQL of a dump into a database of its own, a statement at a time: a dump may be larger than memory.

import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/** How SQLite says that a text stops within a statement, or within a quote of one. */
const UNFINISHED = /incomplete input|unrecognized token/;

/**
 * Runs every statement of a file. A statement ends with the line on which SQLite can run it.
 * @param {import("node:sqlite").DatabaseSync} database @param {string} file
 */
export async function load(database, file) {
  database.exec("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; BEGIN");
  /** @type {string[]} */
  let lines = [];
  for await (const line of createInterface({ input: createReadStream(file, { highWaterMark: 1 << 20 }), crlfDelay: Infinity })) {
    lines.push(line);
    if (line.endsWith(";") && ran(database, lines.join("\n"))) lines = [];
  }
  // What is left is no statement, and SQLite says why.
  if (lines.some((line) => line.trim() !== "")) database.exec(lines.join("\n"));
  database.exec("COMMIT");
}

/** @param {import("node:sqlite").DatabaseSync} database @param {string} sql */
function ran(database, sql) {
  try {
    database.exec(sql);
    return true;
  } catch (error) {
    if (error instanceof Error && UNFINISHED.test(error.message)) return false;
    throw error;
  }
}
