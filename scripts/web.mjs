// The web app becomes files in `web/dist/`: only when something it is made of has changed.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { watch } from "node:fs/promises";
import { join, relative } from "node:path";
import { locked } from "./lock.mjs";
import { PROJECT, WEB } from "./paths.mjs";
import { Problem, work } from "./process.mjs";

const INGREDIENTS = ["src", "public", "index.html", "vite.config.ts", "budget.ts", "tsconfig.json", "package-lock.json"];
const STAMP = join(WEB, "node_modules", ".built");

/** Node and the arguments that run Vite, Vitest or another program of the web app's dependencies. */
export function webProgram(/** @type {string} */ path, /** @type {string[]} */ ...args) {
  return { program: process.execPath, args: [join(WEB, "node_modules", path), ...args] };
}

export async function buildWeb({ force = false } = {}) {
  const project = createHash("sha256").update(PROJECT).digest("hex").slice(0, 8);
  await locked(`web-${project}`, async () => {
    const fingerprint = fingerprintOf();
    const built = existsSync(join(WEB, "dist", "index.html")) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === fingerprint;
    if (built && !force) return;
    const { program, args } = webProgram("vite/bin/vite.js", "build");
    const done = await work("Building the web app", "5 seconds", program, args, { cwd: WEB, log: "web" });
    if (!done) throw new Problem("The web app could not be built", "What Vite said is above.");
    writeFileSync(STAMP, fingerprint);
  });
}

/** Builds again whenever a source file changes, until the signal. A change that does not build is told and waited for. */
export async function watchWeb(/** @type {AbortSignal} */ signal) {
  const rebuild = () => buildWeb().catch((error) => console.error(`  ${error instanceof Problem ? error.message : error}`));
  const follow = async (/** @type {string} */ name) => {
    try {
      const changes = watch(join(WEB, name), { recursive: true, signal })[Symbol.asyncIterator]();
      while (!(await changes.next()).done) await rebuild();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  };
  await Promise.all(["src", "public"].map(follow));
}

function fingerprintOf() {
  const hash = createHash("sha256");
  for (const file of INGREDIENTS.flatMap((name) => filesUnder(join(WEB, name)))) {
    const content = readFileSync(file);
    hash.update(`${relative(WEB, file)}\0${content.length}\0`).update(content);
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
