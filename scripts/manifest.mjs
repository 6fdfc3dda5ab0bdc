// The manifest of a backup outside the Worker: whether the text is the one that was written, and of a format known here.

import { createHash } from "node:crypto";
import { Problem, reason } from "./process.mjs";

/** The newest format that is read here, as src/backup/manifest.rs has it. */
const FORMAT = 1;
/** What stands in a manifest. Another name is one that a newer version writes, or a damaged one. */
const NAMES = [
  "format", "id", "slot", "software", "started_at", "as_of", "completed_at", "consistency", "bookmark", "migrations",
  "schema_sha256", "tables", "sequences", "sql", "object", "self_sha256",
];

/**
 * Reads the text of a manifest after holding it against what vouches for it: the digest that was attested when the backup
 * was restored, and the one that it carries itself. Manifests of earlier versions carry none.
 * @param {string} text @param {{ of: string, attested?: string | null | undefined }} about `of` says of what it is, for people
 * @returns {any}
 */
export function readManifest(text, { of, attested }) {
  const damaged = (/** @type {string} */ why) => new Problem(`The manifest of ${of} is damaged`, `${why} Take another backup.`);
  if (attested && sha256(text) !== attested) throw damaged("It is not the one with which the restored backup was compared.");
  const own = OWN.exec(text)?.[1];
  if (own && sha256(text.replace(OWN, `"self_sha256": "${"0".repeat(64)}"`)) !== own) throw damaged("Its own digest is another.");
  let manifest;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    throw damaged(`${reason(error)}.`);
  }
  if (typeof manifest?.format !== "number") throw damaged("It says no format.");
  if (manifest.format > FORMAT) throw new Problem(`${of} was made by a newer version (format ${manifest.format})`, "Upgrade, then try again.");
  const unknown = Object.keys(manifest).find((name) => !NAMES.includes(name));
  const missing = NAMES.find((name) => name !== "self_sha256" && !(name in manifest));
  if (manifest.format < 1 || unknown !== undefined || missing !== undefined) throw damaged(`${unknown ?? missing ?? "Its format"} is not what it should be.`);
  return manifest;
}

const OWN = /"self_sha256": "([0-9a-f]{64})"/;

/** In hexadecimal. */
export function sha256(/** @type {string | Buffer} */ of) {
  return createHash("sha256").update(of).digest("hex");
}
