// The web app becomes files in `web/dist/`: only when something it is made of has changed.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { watch } from "node:fs/promises";
import { join } from "node:path";
import { hashOf } from "./ingredients.mjs";
import { locked } from "./lock.mjs";
import { PROJECT, WEB } from "./paths.mjs";
import { Problem, work } from "./process.mjs";

const INGREDIENTS = ["src", "public", "index.html", "vite.config.ts", "budget.ts", "places.ts", "tsconfig.json", "package-lock.json"];
const STAMP = join(WEB, "node_modules", ".built");
/** Made from the description of the interface, and not in git: so the app's types can't lag behind the Worker. */
const SCHEMA = "src/api/schema.d.ts";

/** Node and the arguments that run Vite, Vitest or another program of the web app's dependencies. */
export function webProgram(/** @type {string} */ path, /** @type {string[]} */ ...args) {
  return { program: process.execPath, args: [join(WEB, "node_modules", path), ...args] };
}

export async function buildWeb({ force = false } = {}) {
  const project = createHash("sha256").update(PROJECT).digest("hex").slice(0, 8);
  await locked(`web-${project}`, async () => {
    const fingerprint = hashOf(WEB, INGREDIENTS, { except: SCHEMA });
    const built = existsSync(join(WEB, "dist", "index.html")) && existsSync(join(WEB, SCHEMA)) && existsSync(STAMP) && readFileSync(STAMP, "utf8") === fingerprint;
    if (built && !force) return;
    const types = webProgram("openapi-typescript/bin/cli.js", "public/openapi.json", "--output", SCHEMA);
    const vite = webProgram("vite/bin/vite.js", "build");
    const steps = [
      { what: "Making the types of the interface", usually: "2 seconds", log: "web-types", ...types },
      { what: "Building the web app", usually: "5 seconds", log: "web", ...vite },
    ];
    for (const { what, usually, log, program, args } of steps) {
      const done = await work(what, usually, program, args, { cwd: WEB, log });
      if (!done) throw new Problem("The web app could not be built", "What the program said is above.");
    }
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
