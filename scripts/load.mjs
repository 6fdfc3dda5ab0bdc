// Loading the SQL of a dump into a database of its own, a statement at a time: a dump may be larger than memory.

import { createReadStream, statSync } from "node:fs";

/** How SQLite says that a text stops within a statement, or within a quote of one. */
const UNFINISHED = /incomplete input|unrecognized token/;
const LF = 0x0a;

/**
 * Runs every statement of a file. A statement ends with the line on which SQLite can run it.
 * @param {import("node:sqlite").DatabaseSync} database @param {string} file @param {(done: number, all: number) => void} [progress] in bytes
 */
export async function load(database, file, progress = () => {}) {
  database.exec("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; BEGIN");
  const all = statSync(file).size;
  /** @type {string[]} */
  let lines = [];
  let done = 0;
  for await (const line of linesOf(file)) {
    lines.push(line.toString("utf8"));
    done += line.length + 1;
    if (line.at(-1) !== SEMICOLON || !ran(database, lines.join("\n"))) continue;
    lines = [];
    progress(Math.min(done, all), all);
  }
  // What is left is no statement, and SQLite says why.
  if (lines.some((line) => line.trim() !== "")) database.exec(lines.join("\n"));
  database.exec("COMMIT");
  progress(all, all);
}

const SEMICOLON = 0x3b;

// By bytes: what else counts as an end of line, a lone carriage return or U+2028, is part of a text.
/** @param {string} file @returns {AsyncGenerator<Buffer>} */
async function* linesOf(file) {
  /** @type {Buffer[]} */
  let pieces = [];
  for await (const chunk of /** @type {AsyncIterable<Buffer>} */ (createReadStream(file, { highWaterMark: 1 << 20 }))) {
    let from = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      yield Buffer.concat([...pieces, chunk.subarray(from, end)]);
      pieces = [];
      from = end + 1;
    }
    pieces.push(chunk.subarray(from));
  }
  const rest = Buffer.concat(pieces);
  if (rest.length > 0) yield rest;
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
