// The digest of a table's rows as a manifest has it: SHA-256 over each row's literals, joined by commas, in the order of the
// key, with a line feed behind each. The Worker writes the same (src/backup/literal.rs); the tests hold the two together.

import { createHash } from "node:crypto";

/** @typedef {{ type: string, value: unknown }} Cell */

/** The type that a column of a strict table holds alone. @type {Record<string, string>} */
const ONLY = { INTEGER: "integer", INT: "integer", TEXT: "text", BLOB: "blob" };
/** Weight of a row beyond which it is fetched in pieces, and bytes up to which a value of it is none. */
const LARGE = 40_000;
const SMALL = 256;

/** @param {import("node:sqlite").DatabaseSync} database @param {string} table @returns {{ rows: number, sha256: string }} */
export function digest(database, table) {
  const columns = database.prepare("SELECT name, type, hidden, pk FROM pragma_table_xinfo(?)").all(table);
  const { wr, strict } = database.prepare("SELECT wr, strict FROM pragma_table_list WHERE schema = 'main' AND name = ?").get(table) ?? {};
  const kept = columns.filter(({ hidden }) => Number(hidden) < 2);
  const only = kept.map(({ type }) => (strict ? ONLY[String(type).toUpperCase()] : undefined));
  const own = kept.map(({ name }) => quoted(name));
  // A text that is not UTF-8 would not survive as a string: every text comes as its bytes.
  const values = own.map((column, at) => `typeof(${column}) AS t${at}, CASE typeof(${column}) WHEN 'text' THEN CAST(${column} AS BLOB) ELSE ${column} END AS v${at}`);
  const statement = database.prepare(`SELECT ${values.join(", ")} FROM ${quoted(table)} ORDER BY ${wr ? keyOrder(database, table) : rowid(columns)}`);
  statement.setReadBigInts(true);
  const hash = createHash("sha256");
  let rows = 0;
  for (const row of statement.iterate()) {
    const cells = own.map((_, at) => ({ type: String(row[`t${at}`]), value: row[`v${at}`] }));
    const large = cells.reduce((sum, cell, at) => sum + weight(cell, only[at]), 0) > LARGE;
    hash.update(`${cells.map((cell) => literal(cell, large)).join(",")}\n`);
    rows += 1;
  }
  return { rows, sha256: hash.digest("hex") };
}

/** A name of the row id that no column has taken, or the column that is the row id. */
function rowid(/** @type {Record<string, unknown>[]} */ columns) {
  const free = ["rowid", "_rowid_", "oid"].find((alias) => !columns.some(({ name }) => String(name).toLowerCase() === alias));
  return free ?? quoted(columns.find(({ pk }) => Number(pk) === 1)?.name);
}

/** @param {import("node:sqlite").DatabaseSync} database @param {string} table */
function keyOrder(database, table) {
  const key = database
    .prepare('SELECT x.name, x."desc" AS descending, x.coll FROM pragma_index_list(?) l JOIN pragma_index_xinfo(l.name) x WHERE l.origin = \'pk\' AND x.key ORDER BY x.seqno')
    .all(table);
  return key.map(({ name, descending, coll }) => `${quoted(name)} COLLATE ${quoted(coll)}${descending ? " DESC" : ""}`).join(", ");
}

/**
 * About how many bytes a value takes; as src/backup/page.rs weighs it.
 * @param {Cell} cell @param {string | undefined} only
 */
function weight({ type, value }, only) {
  const bytes = value instanceof Uint8Array ? value.length : 0;
  if (only === "integer") return 20;
  if (only === "text") return (type === "null" ? 2 : bytes) + 4;
  if (only === "blob") return bytes * 2 + 4;
  return type === "text" ? bytes + 4 : type === "blob" ? bytes * 2 + 4 : 24;
}

/** @param {Cell} cell @param {boolean} large */
function literal({ type, value }, large) {
  if (type === "integer") return String(value);
  if (type === "real") return real(Number(value));
  if (type === "null") return "NULL";
  const bytes = Buffer.from(/** @type {Uint8Array} */ (value));
  if (type === "blob") return blob(bytes);
  // Long texts of a large row were fetched in pieces.
  return large && bytes.length > SMALL ? `CAST(${blob(bytes)} AS TEXT)` : text(bytes);
}

/** @param {Buffer} bytes */
function text(bytes) {
  const string = bytes.toString("utf8");
  const exact = Buffer.from(string, "utf8").equals(bytes);
  if (!exact || ["\0", "\u0001", "BEGIN TRANSACTION"].some((part) => string.includes(part))) return `CAST(${blob(bytes)} AS TEXT)`;
  const quotedText = `'${string.replaceAll("'", "''")}'`;
  if (!/[\n\r]/.test(string)) return quotedText;
  if (/\\[nr]/.test(string)) return `CAST(${blob(bytes)} AS TEXT)`;
  return `replace(replace(${quotedText.replaceAll("\n", "\\n").replaceAll("\r", "\\r")},'\\n',char(10)),'\\r',char(13))`;
}

function blob(/** @type {Buffer} */ bytes) {
  return `X'${bytes.toString("hex").toUpperCase()}'`;
}

function real(/** @type {number} */ value) {
  if (!Number.isFinite(value)) return value > 0 ? "9e999" : "-9e999";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const shortest = decimal(value);
  return isSure(shortest) ? shortest : exactly(value);
}

// As Rust writes it: a fraction or an exponent always, the latter below 1e-4 and from 1e16 on.
function decimal(/** @type {number} */ value) {
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power < -4 || power >= 16) return `${mantissa}e${power}`;
  const plain = value.toLocaleString("en-US", { useGrouping: false, maximumFractionDigits: 30, maximumSignificantDigits: 17 });
  const fraction = Math.max(0, mantissa.replace(/^-?\d\.?/, "").length - power);
  const shown = fraction > 0 ? value.toFixed(fraction) : plain;
  return shown.includes(".") ? shown : `${shown}.0`;
}

function isSure(/** @type {string} */ shown) {
  const [mantissa = "", exponent = "0"] = shown.split("e");
  const [whole = "", rest = ""] = mantissa.replace(/^-/, "").split(".");
  const fraction = rest.replace(/0+$/, "");
  const power = Number(exponent) - fraction.length;
  return `${whole}${fraction}`.replace(/^0+/, "").length <= 15 && power >= -22 && power <= 22;
}

// A whole number below 2^53, multiplied or divided by powers of two.
function exactly(/** @type {number} */ value) {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  let mantissa = bits & ((1n << 52n) - 1n);
  let power = biased === 0 ? -1074 : biased - 1075;
  if (biased !== 0) mantissa |= 1n << 52n;
  for (; mantissa % 2n === 0n; mantissa /= 2n) power += 1;
  let written = `${value < 0 ? "-" : ""}${mantissa}.0`;
  const sign = power < 0 ? "/" : "*";
  for (let left = Math.abs(power); left > 0; left -= 52) written += `${sign}${1n << BigInt(Math.min(left, 52))}.0`;
  return written;
}

/** A name as an identifier of SQL. */
export function quoted(/** @type {unknown} */ name) {
  return `"${String(name).replaceAll('"', '""')}"`;
}
