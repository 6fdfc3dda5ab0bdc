// The crate becomes a Worker in `build/`, and the web app files in `web/dist/`: only when something they are made of has
// changed.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { plainEntry, withRelease } from "./entry.mjs";
import { hashOf } from "./ingredients.mjs";
import { locked } from "./lock.mjs";
import { withoutHashes } from "./names.mjs";
import { BUILD, PROJECT } from "./paths.mjs";
import { Problem, ask, duration, show } from "./process.mjs";
import { unwinds, workerBuild } from "./setup/unwind.mjs";
import { WASM_BINDGEN, WORKER_BUILD } from "./versions.mjs";
import { buildWeb } from "./web.mjs";

const INGREDIENTS = ["src", "model", "migrations", ".cargo", "build.rs", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "package-lock.json", "scripts/entry.mjs"];
const STAMP = join(BUILD, "stamp.json");

/**
 * @typedef {{ commit: string, time: string }} Source the commit and when it was made, in seconds since 1970; empty outside a repository
 * @typedef {{ fingerprint: string, raw: number, gzip: number, start?: import("./startup.mjs").Start } & Partial<Source>} Built sizes in bytes
 */

/**
 * @param {import("./setup/toolchain.mjs").Toolchain} tools
 * @param {{ force?: boolean }} [options]
 * @returns {Promise<Built & { fresh: boolean }>} `fresh` when it was built now
 */
export async function build(tools, { force = false } = {}) {
  await buildWeb({ force });
  const project = createHash("sha256").update(PROJECT).digest("hex").slice(0, 8);
  return locked(`build-${project}`, async () => {
    const fingerprint = fingerprintOf(tools);
    // Before anything is read: a commit made while it compiles changes nothing of it.
    const source = madeFrom();
    const present = builtBefore();
    if (!force && present?.fingerprint === fingerprint) return { ...(isFrom(present, source) ? present : stamped(present, source)), fresh: false };

    console.log(`  Building the Worker (usually 1 to 5 minutes the first time, then half a minute)`);
    const started = Date.now();
    const env = { ...workerBuild(tools.wasm), ...(source.commit && { EDGEKEEP_GIT_SHA: source.commit }) };
    const panic = unwinds() ? ["--panic-unwind"] : [];
    const code = await show("worker-build", ["--release", ...panic, "--", "--locked"], { env });
    if (code !== 0) throw new Problem("The Worker could not be built", "What the compiler said is above.");
    // Where a panic ends the instance, the proxy is what begins a new one.
    if (unwinds()) writeFileSync(join(BUILD, "index.js"), plainEntry(readFileSync(join(BUILD, "index.js"), "utf8")));
    const wasm = withoutHashes(readFileSync(join(BUILD, "index_bg.wasm")));
    writeFileSync(join(BUILD, "index_bg.wasm"), wasm);
    const built = stamped({ fingerprint, raw: wasm.length, gzip: gzipSync(wasm, { level: 9 }).length }, source);
    console.log(`    done in ${duration(Date.now() - started)}`);
    return { ...built, fresh: true };
  });
}

/** The commit that is checked out. @returns {Source} */
function madeFrom() {
  const [commit = "", time = ""] = ask("git", ["log", "-1", "--abbrev=12", "--format=%h %ct"]).out.split(" ");
  const asked = process.env.SOURCE_DATE_EPOCH ?? "";
  return { commit, time: /^\d+$/.test(asked) ? asked : time };
}

function isFrom(/** @type {Built} */ built, /** @type {Source} */ { commit, time }) {
  return built.commit === commit && built.time === time;
}

/**
 * Lets a build say what it was made from. In front of the program, not in it: a commit that changes nothing of the Worker
 * takes milliseconds, and the WebAssembly stays what it was.
 * @param {Built} built @param {Source} source @returns {Built}
 */
function stamped(built, source) {
  const entry = join(BUILD, "index.js");
  writeFileSync(entry, withRelease(readFileSync(entry, "utf8"), source));
  const done = { ...built, ...source };
  writeFileSync(STAMP, JSON.stringify(done));
  return done;
}

/** Keeps measured start times with the build that they belong to. @param {Built} built @param {import("./startup.mjs").Start} start */
export function keepStart(built, start) {
  writeFileSync(STAMP, JSON.stringify({ ...built, fresh: undefined, start }));
}

/** What lies in `build/`. @returns {Built | undefined} */
export function builtBefore() {
  if (![STAMP, join(BUILD, "index.js"), join(BUILD, "index_bg.wasm")].every((file) => existsSync(file))) return undefined;
  try {
    return JSON.parse(readFileSync(STAMP, "utf8"));
  } catch {
    return undefined;
  }
}

/** @param {import("./setup/toolchain.mjs").Toolchain} tools */
function fingerprintOf(tools) {
  const salt = `${WORKER_BUILD} ${WASM_BINDGEN} ${unwinds()} ${ask("rustc", ["-vV"], { env: tools.wasm }).out}`;
  return hashOf(PROJECT, INGREDIENTS, { salt });
}
