// The npm dependencies, exactly as the lock file says. Runs under the machine's own Node, before anything is installed.

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { locked } from "../lock.mjs";
import { NODE_MODULES, PROJECT, WEB, npmProgram } from "../paths.mjs";
import { Problem, ask, work } from "../process.mjs";

export async function npmDependencies() {
  await install(PROJECT, "Installing the npm dependencies", "npm-ci");
  await install(WEB, "Installing the npm dependencies of the web app", "npm-ci-web");
}

/** @param {string} folder @param {string} what @param {string} log */
async function install(folder, what, log) {
  if (areInstalled(folder)) return;
  const project = createHash("sha256").update(folder).digest("hex").slice(0, 8);
  await locked(`npm-${project}`, async () => {
    if (areInstalled(folder)) return;
    // A Node out of the very folder that is about to be replaced must not run the replacement.
    const path = (process.env.PATH ?? "").split(delimiter).filter((place) => !place.startsWith(NODE_MODULES));
    const env = { ...process.env, PATH: path.join(delimiter) };
    if (!ask("npm", ["--version"], { env }).ok) {
      throw new Problem("npm was not found", "It comes with Node.js: install Node 20 or newer together with npm.");
    }
    const done = await work(what, "half a minute", "npm", ["ci", "--no-audit", "--no-fund", "--loglevel", "error"], {
      cwd: folder,
      env,
      log,
      show: "start",
    });
    if (!done) throw new Problem("npm ci failed", "Is the npm registry reachable from here? `npm ping` tells.");
  });
}

/** The Node that the npm dependencies bring; wrangler needs a newer one than a machine may have. */
export function projectNode() {
  const own = npmProgram("node");
  return existsSync(own) && ask(own, ["--version"]).ok ? own : undefined;
}

// npm writes its own account of what is installed, last of all: so an interrupted run is noticed too.
/** @param {string} folder */
function areInstalled(folder) {
  try {
    const wanted = packages(join(folder, "package-lock.json"));
    const present = packages(join(folder, "node_modules", ".package-lock.json"));
    return Object.entries(wanted).every(
      ([path, { version, optional }]) => path === "" || present[path]?.version === version || (optional && !present[path]),
    );
  } catch {
    return false;
  }
}

/** @returns {Record<string, { version?: string, optional?: boolean }>} */
function packages(/** @type {string} */ file) {
  return JSON.parse(readFileSync(file, "utf8")).packages;
}
