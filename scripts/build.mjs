// The crate becomes a Worker in `build/`, and the web app files in `web/dist/`: only when something they are made of has
// changed.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { plainEntry } from "./entry.mjs";
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

/** @typedef {{ fingerprint: string, raw: number, gzip: number, start?: import("./startup.mjs").Start, commit?: string }} Built sizes in bytes */

/**
 * @param {import("./setup/toolchain.mjs").Toolchain} tools
 * @param {{ force?: boolean, commit?: string }} [options] `commit` is what the build must say it was made from, for a release
 * @returns {Promise<Built & { fresh: boolean }>} `fresh` when it was built now
 */
export async function build(tools, { force = false, commit } = {}) {
  await buildWeb({ force });
  const project = createHash("sha256").update(PROJECT).digest("hex").slice(0, 8);
  return locked(`build-${project}`, async () => {
    const fingerprint = fingerprintOf(tools);
    const present = builtBefore();
    if (!force && present?.fingerprint === fingerprint && (!commit || present.commit === commit)) return { ...present, fresh: false };

    console.log(`  Building the Worker (usually 1 to 5 minutes the first time, then half a minute)`);
    const started = Date.now();
    // Said to the compiler and kept beside the build: a commit made while it compiles changes neither.
    const head = ask("git", ["rev-parse", "--short=12", "HEAD"]).out;
    const env = { ...workerBuild(tools.wasm), ...(head && { EDGEKEEP_GIT_SHA: head }) };
    const panic = unwinds() ? ["--panic-unwind"] : [];
    const code = await show("worker-build", ["--release", ...panic, "--", "--locked"], { env });
    if (code !== 0) throw new Problem("The Worker could not be built", "What the compiler said is above.");
    // Where a panic ends the instance, the proxy is what begins a new one.
    if (unwinds()) writeFileSync(join(BUILD, "index.js"), plainEntry(readFileSync(join(BUILD, "index.js"), "utf8")));
    const wasm = withoutHashes(readFileSync(join(BUILD, "index_bg.wasm")));
    writeFileSync(join(BUILD, "index_bg.wasm"), wasm);
    const built = { fingerprint, raw: wasm.length, gzip: gzipSync(wasm, { level: 9 }).length, commit: head };
    writeFileSync(STAMP, JSON.stringify(built));
    console.log(`    done in ${duration(Date.now() - started)}`);
    return { ...built, fresh: true };
  });
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
