// Where things are. Toolchain caches live outside `target/`, so that `cargo clean` does not cost ten minutes.

import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const PROJECT = dirname(dirname(fileURLToPath(import.meta.url)));

export const CACHE =
  process.env.EDGEKEEP_CACHE ||
  join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "edgekeep");

export const LOGS = join(CACHE, "log");

export const NODE_MODULES = join(PROJECT, "node_modules");

/** Apart from the native `target`: the two builds may have two compilers, and sharing would rebuild everything in turns. */
export const WASM_TARGET = join(PROJECT, "target", "wasm");

export const BUILD = join(PROJECT, "build");

/** The web app: a package of its own, with its own lock file. */
export const WEB = join(PROJECT, "web");

/** A program of the npm dependencies. */
export function npmProgram(/** @type {string} */ name) {
  return join(NODE_MODULES, ".bin", name);
}
