// What something is built of: when none of it has changed, there is nothing to build.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";

/**
 * A hash over the names and contents of files and folders, those of them that there are.
 * @param {string} root what their names are relative to
 * @param {string[]} names
 * @param {{ salt?: string, except?: string }} [options] what else a build depends on; a file that does not count
 */
export function hashOf(root, names, { salt = "", except } = {}) {
  const hash = createHash("sha256").update(salt);
  for (const file of names.flatMap((name) => filesUnder(join(root, name)))) {
    const name = relative(root, file);
    if (name === except) continue;
    const content = readFileSync(file);
    hash.update(`${name}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

/** @returns {string[]} */
function filesUnder(/** @type {string} */ path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}
