// The `sqlite3` program: one that is there, or one that is installed now. Backups must load into it, and are measured by it.

import { locked } from "../lock.mjs";
import { Problem, ask } from "../process.mjs";
import { aptInstall } from "./apt.mjs";

/** The name or path of the program. `SQLITE3` names one to take. @returns {Promise<string>} */
export async function sqlite3() {
  const named = process.env.SQLITE3;
  if (named) {
    if (!works(named)) throw new Problem(`SQLITE3 names ${named}, which does not answer as sqlite3 does`);
    return named;
  }
  if (works(NAME)) return NAME;
  return locked("sqlite3", async () => {
    if (works(NAME)) return NAME;
    console.log("  No sqlite3 was found (SQLITE3 can name one): backups are loaded into it");
    if ((await aptInstall("apt-sqlite3", ["sqlite3"])) && works(NAME)) return NAME;
    throw new Problem("sqlite3 could not be installed", "Install it, or name one in SQLITE3. Debian and Ubuntu: `apt-get install sqlite3`; macOS has it.");
  });
}

function works(/** @type {string} */ program) {
  return /^3\.\d+/.test(ask(program, ["--version"]).out);
}

const NAME = "sqlite3";
