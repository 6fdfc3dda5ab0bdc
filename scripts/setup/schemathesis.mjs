// schemathesis, which tries an API against its description: a Python program, in a virtual environment of its own.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { locked } from "../lock.mjs";
import { CACHE, PROJECT } from "../paths.mjs";
import { Problem, ask, work } from "../process.mjs";

const REQUIREMENTS = join(PROJECT, "tests", "api", "requirements.txt");

/** The program, installed where it is missing; undefined on a machine without Python. @returns {Promise<string | undefined>} */
export async function schemathesis() {
  if (!ask("python3", ["-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))"]).ok) return undefined;
  const version = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 8);
  const folder = join(CACHE, `schemathesis-${version}`);
  const program = join(folder, "bin", "schemathesis");
  return locked("schemathesis", async () => {
    if (existsSync(program)) return program;
    // Made under its own name, since a virtual environment cannot be moved; what a crash leaves is made again.
    rmSync(folder, { recursive: true, force: true });
    const made =
      (await work("Making a Python environment for schemathesis", "10 seconds", "python3", ["-m", "venv", folder], { log: "schemathesis-venv" })) &&
      (await work("Installing schemathesis", "half a minute", join(folder, "bin", "pip"), ["install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS], { log: "schemathesis" }));
    if (made && existsSync(program)) return program;
    rmSync(folder, { recursive: true, force: true });
    throw new Problem("schemathesis could not be installed", "Is the Python package index reachable from here?");
  });
}
