// A backup outside the Worker: fetched, every hash checked, opened, compared.

import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, openSync, closeSync, fstatSync, readFileSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { contents, differences } from "./contents.mjs";
import { load } from "./load.mjs";
import { readManifest, sha256 } from "./manifest.mjs";
import { Problem, reason } from "./process.mjs";

/** @typedef {import("./operator.mjs").Operator} Operator */

/** The id behind `latest`: the newest backup that has been restored. @param {Operator} operator @param {string} wanted */
export async function resolveId(operator, wanted) {
  if (wanted !== "latest") {
    if (!isId(wanted)) throw new Problem(`"${wanted}" is no id of a backup`, "`npm run backup -- list` shows them.");
    return wanted;
  }
  const { backups } = await operator.json("/backups");
  // What is dated in the future is nobody's latest; a clock on this machine may be some hours behind.
  const tomorrow = new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString().replaceAll(/[-:]/g, "");
  const last = backups.filter((/** @type {any} */ backup) => backup.verified_at && backup.id < tomorrow).at(-1);
  if (!last) throw new Problem("There is no verified backup", "`npm run backup -- now` makes one.");
  return last.id;
}

/** It is shaped like the id of a backup. @param {string} text */
export function isId(text) {
  return /^\d{8}T\d{6}Z-[0-9a-f]{8}$/.test(text);
}

/**
 * Writes the object of a backup to a file, part by part, each checked against the manifest, which is checked before. Gives
 * the manifest, and its text as it lies in the bucket.
 * @param {Operator} operator @param {string} id @param {string} file @param {(done: number, all: number) => void} [progress]
 */
export async function download(operator, id, file, progress = () => {}) {
  const detail = await operator.json(`/backups/${encodeURIComponent(id)}`);
  // A Worker of an earlier version gives the manifest alone.
  const text = detail.manifest_text ?? JSON.stringify(detail.manifest, null, 2);
  const manifest = readManifest(text, { of: id, attested: detail.attested_sha256 });
  if (manifest.id !== id) throw new Problem(`The manifest of ${id} is damaged`, `It is that of ${manifest.id}.`);
  const { object } = manifest;
  const partial = `${file}.partial`;
  const out = opened(partial);
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
  return { manifest, text, verified_at: /** @type {string | null} */ (detail.verified_at) };
}

/** @param {string} file */
function opened(file) {
  try {
    return openSync(file, "w", 0o600);
  } catch (error) {
    throw new Problem(`${file} can't be written`, reason(error));
  }
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
  const source = await plain(file, identity);
  try {
    await pipeline(source, createGunzip(), count, createWriteStream(sql, { mode: 0o600 }));
  } catch (error) {
    throw new Problem(`${file} can't be opened: it is damaged, cut off or no backup`, reason(error));
  }
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
  const keys = readFileSync(identity, "utf8").split("\n").filter((line) => line.startsWith("AGE-SECRET-KEY-"));
  if (keys.length === 0) throw new Problem(`${identity} holds no age identity`, "It has a line that begins with AGE-SECRET-KEY-.");
  try {
    for (const line of keys) decrypter.addIdentity(line.trim());
    const stream = /** @type {any} */ (await decrypter.decrypt(/** @type {any} */ (Readable.toWeb(source))));
    return Readable.fromWeb(stream);
  } catch (error) {
    throw new Problem(`${file} can't be decrypted with ${identity}`, reason(error));
  }
}

async function isAge(/** @type {string} */ file) {
  for await (const chunk of createReadStream(file, { end: 20 })) return chunk.toString("latin1").startsWith("age-encryption.org/v1");
  return false;
}

/**
 * Loads SQL into a database of its own, in a file that goes with it, and compares every row with the manifest.
 * @param {string} sql @param {any} manifest @param {(done: number, all: number) => void} [progress]
 */
export async function restoreToCompare(sql, manifest, progress) {
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync("");
  try {
    return await restoreInto(database, sql, manifest, progress);
  } finally {
    database.close();
  }
}

/**
 * Loads SQL into an empty database, and says what is not as the manifest has it, when there is one.
 * @param {import("node:sqlite").DatabaseSync} database @param {string} sql @param {any} manifest @param {(done: number, all: number) => void} [progress]
 */
export async function restoreInto(database, sql, manifest, progress) {
  try {
    await load(database, sql, progress);
  } catch (error) {
    throw new Problem("SQLite can't load the SQL of the backup", reason(error));
  }
  const problems = manifest ? differences(contents(database), manifest) : [];
  const said = database.prepare("PRAGMA integrity_check").get()?.integrity_check;
  if (said !== "ok") problems.push(`integrity_check: ${said}`);
  return problems;
}

/** The SQL ends as a dump does: half of one loads too. @param {string} sql */
export function isWhole(sql) {
  const file = openSync(sql, "r");
  try {
    const last = Buffer.alloc(END.length);
    const at = fstatSync(file).size - END.length;
    return at >= 0 && readSync(file, last, 0, END.length, at) === END.length && last.toString() === END;
  } finally {
    closeSync(file);
  }
}

/** The last line of a dump, as src/backup/writer.rs has it. Those of earlier versions have none. */
const END = "-- end of dump\n";

async function sha256Of(/** @type {string} */ file) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
