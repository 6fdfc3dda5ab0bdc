// A database of any size that looks like one in use: accounts, small rows in great number, texts, files.
//
// The same each time: figures of two days are of the same bytes.

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { PROJECT } from "../scripts/paths.mjs";

const SCHEMA = `
CREATE TABLE bench_people (id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT, created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE bench_events (id INTEGER PRIMARY KEY, person TEXT NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, amount REAL, detail TEXT) STRICT;
CREATE INDEX bench_events_of ON bench_events (person, at);
CREATE TABLE bench_texts (id INTEGER PRIMARY KEY, person TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE TABLE bench_files (id INTEGER PRIMARY KEY, name TEXT NOT NULL, bytes BLOB NOT NULL) STRICT;
`;

/** Bytes of a round of rows, about. */
const ROUND = 2_000_000;

/** Fills the database in a file until the file has so many bytes; gives the number of rows. @param {string} file @param {number} bytes */
export function fill(file, bytes) {
  const database = new DatabaseSync(file);
  try {
    database.exec(`PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL; PRAGMA cache_size = -200000; ${SCHEMA}`);
    const person = database.prepare("INSERT INTO bench_people VALUES (?, ?, ?, ?)");
    const event = database.prepare("INSERT INTO bench_events VALUES (NULL, ?, ?, ?, ?, ?)");
    const text = database.prepare("INSERT INTO bench_texts VALUES (NULL, ?, ?, ?)");
    const blob = database.prepare("INSERT INTO bench_files VALUES (NULL, ?, ?)");
    const prose = words();
    const chance = generator();
    const some = (/** @type {number} */ least, /** @type {number} */ most) => prose(chance() % 1_000_000, least + (chance() % (most - least)));
    const hex = () => chance().toString(16).padStart(8, "0");
    let rows = 0;
    const insert = (/** @type {import("node:sqlite").StatementSync} */ statement, /** @type {import("node:sqlite").SQLInputValue[]} */ ...values) => {
      statement.run(...values);
      rows += 1;
    };
    do {
      database.exec("BEGIN");
      for (let written = 0; written < ROUND; ) {
        const id = `${hex()}-${hex()}-${hex()}`;
        insert(person, id, `${hex()}@example.com`, some(5, 20), 1_700_000_000_000 + (chance() % 1_000_000_000));
        for (let n = 0; n < 20; n += 1) insert(event, id, 1_700_000_000_000 + (chance() % 1_000_000_000), n % 3 ? "view" : "buy", n % 2 ? null : (chance() % 100_000) / 100, n % 4 ? null : some(20, 120));
        for (let n = 0; n < 6; n += 1) insert(text, id, some(20, 60), some(200, 4_000));
        const size = 1_000 + (chance() % 12_000);
        const content = new Uint32Array(Math.ceil(size / 4)).map(chance);
        insert(blob, `${hex()}.jpg`, new Uint8Array(content.buffer, 0, size));
        written += 20 * 120 + 6 * 2_150 + size + 150;
      }
      database.exec("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
    } while (statSync(file).size < bytes);
    return rows;
  } finally {
    database.close();
  }
}

// This project's own documents, cut anywhere between two words.
function words() {
  const files = ["ARCHITECTURE.md", "README.md", "CHANGELOG.md", join("docs", "operate.md")];
  const text = files.map((file) => readFileSync(join(PROJECT, file), "utf8")).join("\n");
  return (/** @type {number} */ at, /** @type {number} */ length) => {
    const from = text.indexOf(" ", at % (text.length - 10_000)) + 1;
    return text.slice(from, from + length);
  };
}

// xorshift32.
function generator() {
  let state = 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0);
  };
}
