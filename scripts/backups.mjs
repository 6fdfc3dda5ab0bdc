// A backup outside the Worker: fetched, every hash checked, opened, compared.

import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, openSync, closeSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { load } from "./load.mjs";
import { Problem } from "./process.mjs";
import { digest as digestOf } from "./rows.mjs";

/** @typedef {import("./operator.mjs").Operator} Operator */

/** The id behind `latest`: the newest backup that has been restored. @param {Operator} operator @param {string} wanted */
export async function resolveId(operator, wanted) {
  if (wanted !== "latest") return wanted;
  const { backups } = await operator.json("/backups");
  const last = backups.filter((/** @type {any} */ backup) => backup.verified_at).at(-1);
  if (!last) throw new Problem("There is no verified backup", "`npm run backup -- now` makes one.");
  return last.id;
}

/**
 * Writes the object of a backup to a file, part by part, each checked against the manifest. Beside it goes the manifest.
 * @param {Operator} operator @param {string} id @param {string} file @param {(done: number, all: number) => void} [progress]
 */
export async function download(operator, id, file, progress = () => {}) {
  const detail = await operator.json(`/backups/${encodeURIComponent(id)}`);
  const { object } = detail.manifest;
  const partial = `${file}.partial`;
  const out = openSync(partial, "w", 0o600);
  const whole = createHash("sha256");
  try {
    for (const [at, part] of object.parts.entries()) {
      const bytes = await operator.bytes(`/backups/${id}/parts/${at + 1}`);
      if (bytes.length !== part.bytes || sha256(bytes) !== part.sha256) {
        throw new Problem(`Part ${at + 1} of ${id} is damaged`, "It is not what the manifest says. Take another backup.");
      }
      whole.update(bytes);
      writeSync(out, bytes);
      progress(at + 1, object.parts.length);
    }
    if (whole.digest("hex") !== object.sha256) throw new Problem(`The backup ${id} is damaged`, "Its parts are not what the manifest says.");
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  } finally {
    closeSync(out);
  }
  renameSync(partial, file);
  return detail;
}

/**
 * The SQL of a downloaded object, in a file of its own. What is encrypted is decrypted with a file of identities.
 * @param {string} file @param {string} sql @param {{ manifest?: any, identity?: string | undefined }} options
 */
export async function open(file, sql, { manifest, identity } = {}) {
  if (manifest && (await sha256Of(file)) !== manifest.object.sha256) throw new Problem(`${file} is damaged`, "It is not what the manifest says. Take another backup.");
  const digest = createHash("sha256");
  let bytes = 0;
  const count = async function* (/** @type {AsyncIterable<Buffer>} */ source) {
    for await (const chunk of source) {
      digest.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  };
  await pipeline(await plain(file, identity), createGunzip(), count, createWriteStream(sql, { mode: 0o600 }));
  // Backups of earlier versions have a digest of the text as well; the digests of the tables say the same.
  const wanted = manifest?.sql.sha256;
  if (manifest && (bytes !== manifest.sql.bytes || (wanted && digest.digest("hex") !== wanted))) {
    throw new Problem("The SQL of the backup is not what its manifest says", "Take another backup.");
  }
}

async function plain(/** @type {string} */ file, /** @type {string | undefined} */ identity) {
  const source = createReadStream(file);
  if (!(await isAge(file))) return source;
  if (!identity) throw new Problem("The backup is encrypted", "Name the file of your age identity: --identity FILE.");
  if (!existsSync(identity)) throw new Problem(`There is no file ${identity}`);
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  for (const line of readFileSync(identity, "utf8").split("\n")) if (line.startsWith("AGE-SECRET-KEY-")) decrypter.addIdentity(line.trim());
  const stream = /** @type {any} */ (await decrypter.decrypt(/** @type {any} */ (Readable.toWeb(source))));
  return Readable.fromWeb(stream);
}

async function isAge(/** @type {string} */ file) {
  for await (const chunk of createReadStream(file, { end: 20 })) return chunk.toString("latin1").startsWith("age-encryption.org/v1");
  return false;
}

/**
 * Loads SQL into a database of its own, in a file that goes with it, and compares every row with the manifest.
 * @param {string} sql @param {any} manifest
 */
export async function restoreToCompare(sql, manifest) {
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync("");
  try {
    await load(database, sql);
    const problems = [];
    for (const { name, rows, sha256: wanted } of manifest.tables) {
      const found = digestOf(database, name);
      if (found.rows !== rows) problems.push(`${name}: ${found.rows} rows instead of ${rows}`);
      else if (found.sha256 !== wanted) problems.push(`${name}: its rows are not those that were backed up`);
    }
    const said = database.prepare("PRAGMA integrity_check").get()?.integrity_check;
    if (said !== "ok") problems.push(`integrity_check: ${said}`);
    return problems;
  } finally {
    database.close();
  }
}

async function sha256Of(/** @type {string} */ file) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

function sha256(/** @type {Buffer} */ bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}
