// The cases of tests/parity/cases.json on D1 in workerd, through the very JavaScript by which the Worker asks D1.
// tests/native/parity.rs runs them on the SQLite double: what the native tests rest on holds here too.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { startWorker } from "./harness.mjs";

// By name and not by `import`: what runs inside the Worker is not checked with the types of Node.
const { batch, query } = await import(new URL("../../src/platform/edge.js", import.meta.url).href);

/**
 * @typedef {[any, any]} Pair
 * @typedef {{ query?: Pair, batch?: Pair[], rows?: any, changes?: number[], error?: string, text?: string }} Step
 * @typedef {{ setup: string[], cases: { name: string, steps: Step[] }[] }} File
 */

/** @type {File} */
const file = JSON.parse(readFileSync(new URL("../parity/cases.json", import.meta.url), "utf8"));

// Children before their parents.
const TABLES = ["strict_t", "loose_t", "child", "parent", "pair", "refresh_tokens", "sessions", "users", "cron_runs"];

describe("D1 in workerd does what its double does", () => {
  /** @type {import("./harness.mjs").Worker} */
  let worker;
  /** @type {any} */
  let db;
  before(async () => {
    worker = await startWorker();
    db = await worker.d1;
    await batch(db, JSON.stringify(file.setup.map((sql) => [sql, []])));
  });
  after(() => worker.stop());

  for (const { name, steps } of file.cases) {
    it(name, async () => {
      await batch(db, JSON.stringify(TABLES.map((table) => [`DELETE FROM ${table}`, []])));
      for (const step of steps) await run(db, step);
    });
  }
});

/** @param {any} db @param {Step} step */
async function run(db, step) {
  const asked = step.query ? ask(db, step.query) : change(db, step.batch ?? []);
  if (step.error !== undefined) {
    const message = await asked.then(
      (found) => assert.fail(`expected ${step.error}, found ${JSON.stringify(found)}`),
      (/** @type {Error} */ error) => error.message,
    );
    assert.equal(kind(message), step.error, message);
    if (step.text !== undefined) assert.ok(message.includes(step.text), message);
    return;
  }
  const found = await asked;
  if (step.rows !== undefined) assert.deepEqual(found.rows, step.rows);
  if (step.changes !== undefined) assert.deepEqual(found.changes, step.changes);
}

/** @param {any} db @param {Pair} pair @returns {Promise<{ rows: any, changes?: number[] }>} */
async function ask(db, [sql, values]) {
  const [names = [], ...lines] = JSON.parse(await query(db, text(sql), JSON.stringify(list(values))));
  const object = (/** @type {any[]} */ line) => row(Object.fromEntries(line.map((value, at) => [names[at], value])));
  return { rows: lines.map(object) };
}

/** @param {any} db @param {Pair[]} pairs @returns {Promise<{ rows: any, changes?: number[] }>} */
async function change(db, pairs) {
  const statements = pairs.map(([sql, values]) => [text(sql), list(values)]);
  const done = JSON.parse(await batch(db, JSON.stringify(statements)));
  return {
    rows: done.map((/** @type {any} */ { rows }) => rows.map(row)),
    changes: done.map((/** @type {any} */ { changes }) => changes),
  };
}

// The same distinction as in src/platform/d1_message.rs.
function kind(/** @type {string} */ message) {
  if (message.includes("UNIQUE constraint failed")) return "unique";
  return message.includes("constraint failed") || message.includes("SQLITE_CONSTRAINT") ? "constraint" : "other";
}

/** A blob is an array of bytes both ways. @param {Record<string, any>} columns */
function row(columns) {
  const value = (/** @type {any} */ found) => (Array.isArray(found) ? { blob: found } : found);
  return Object.fromEntries(Object.entries(columns).map(([name, found]) => [name, value(found)]));
}

function list(/** @type {any} */ values) {
  if (!Array.isArray(values)) return Array.from({ length: values.numbers }, (_, at) => at + 1);
  return values.map((value) => value?.blob ?? (value?.repeat ? text(value) : value));
}

function text(/** @type {any} */ value) {
  if (typeof value === "string") return value;
  const [beginning, piece, times] = value.repeat;
  return beginning + piece.repeat(times);
}
