// What a build needs in which a panic ends one request and not the instance: the standard library compiled anew with
// `panic=unwind`, by the very compiler that everything else is compiled with.
//
// `worker-build --panic-unwind` does it, but asks for whatever nightly compiler there is today: a build would then differ
// from day to day and from machine to machine. So it finds stand-ins on its PATH, which drop its `+nightly` and let the
// pinned compiler take the two unstable options (`-Z build-std`, `-C panic=unwind` for this target).

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { CACHE, PROJECT } from "../paths.mjs";
import { Problem, ask } from "../process.mjs";

/** Whether a panic unwinds in the Worker. `EDGEKEEP_PANIC=abort` builds one in which it ends the instance, to compare. */
export function unwinds() {
  const panic = process.env.EDGEKEEP_PANIC ?? "unwind";
  if (panic !== "unwind" && panic !== "abort") throw new Problem(`EDGEKEEP_PANIC is "${panic}"`, "It is `unwind` or `abort`.");
  return panic === "unwind";
}

/** @param {NodeJS.ProcessEnv} env whether the compiler brings the source of its standard library */
export function hasSource(env) {
  const sysroot = ask("rustc", ["--print", "sysroot"], { env }).out;
  return sysroot !== "" && existsSync(join(sysroot, "lib", "rustlib", "src", "rust", "library", "Cargo.lock"));
}

/**
 * The environment variables for `worker-build`.
 * @param {NodeJS.ProcessEnv} wasm
 * @returns {NodeJS.ProcessEnv}
 */
export function workerBuild(wasm) {
  if (!unwinds()) return wasm;
  const path = (wasm.PATH ?? "").split(delimiter);
  const folder = join(CACHE, "stand-ins");
  mkdirSync(folder, { recursive: true });
  for (const name of ["cargo", "rustc"]) {
    script(join(folder, name), `[ "\${1:-}" = +nightly ] && shift\nexport RUSTC_BOOTSTRAP=1\nexec "${programOf(name, path)}" "$@"\n`);
  }
  // Asked for one thing only: whether the source is there. It is, or set-up would have said so.
  script(join(folder, "rustup"), 'echo "rust-src (installed)"\n');
  // RUSTFLAGS, which worker-build sets, replaces what .cargo/config.toml says.
  return { ...wasm, PATH: [folder, ...path].join(delimiter), RUSTFLAGS: [wasm.RUSTFLAGS, ...configuredFlags()].filter(Boolean).join(" ") };
}

function programOf(/** @type {string} */ name, /** @type {string[]} */ path) {
  const folder = path.find((candidate) => existsSync(join(candidate, name)));
  if (!folder) throw new Problem(`\`${name}\` is not on the PATH`);
  return join(folder, name);
}

function script(/** @type {string} */ file, /** @type {string} */ body) {
  const text = `#!/bin/sh\n# Made by Edgekeep's set-up (scripts/setup/unwind.mjs).\n${body}`;
  if (existsSync(file) && readFileSync(file, "utf8") === text) return;
  writeFileSync(file, text);
  chmodSync(file, 0o755);
}

function configuredFlags() {
  const list = /^rustflags\s*=\s*\[([^\]]*)\]/m.exec(readFileSync(join(PROJECT, ".cargo", "config.toml"), "utf8"))?.[1] ?? "";
  return [...list.matchAll(/"([^"]*)"/g)].map(([, flag = ""]) => flag);
}
