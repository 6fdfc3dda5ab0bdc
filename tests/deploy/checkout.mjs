// A copy of this project with what is built of it, for commands that write into the project.

import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { PROJECT } from "../../scripts/paths.mjs";

const LEFT_OUT = [".git", ".dev.vars", ".wrangler", "node_modules", "target", "test-results"];

/** No repository; dependencies are those of the original. */
export function checkout() {
  const folder = mkdtempSync(join(tmpdir(), "edgekeep-checkout-"));
  const isOurs = (/** @type {string} */ path) => !LEFT_OUT.includes(basename(path)) || !["", "web"].includes(relative(PROJECT, dirname(path)));
  cpSync(PROJECT, folder, { recursive: true, filter: isOurs });
  for (const name of ["node_modules", "web/node_modules"]) symlinkSync(join(PROJECT, name), join(folder, name));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
