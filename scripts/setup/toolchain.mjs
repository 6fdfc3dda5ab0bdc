// All that the build needs, installed where missing: what `npm run setup` does, and dev, build and test do first.

import { mkdirSync } from "node:fs";
import { locked } from "../lock.mjs";
import { CACHE } from "../paths.mjs";
import { nativeRust, wasmRust } from "./rust.mjs";
import { workerTools } from "./tools.mjs";

/**
 * @typedef {object} Toolchain
 * @property {NodeJS.ProcessEnv} native the environment variables for `cargo` on this machine
 * @property {NodeJS.ProcessEnv} wasm and for builds to WebAssembly
 */

/** @returns {Promise<Toolchain>} */
export async function toolchain() {
  mkdirSync(CACHE, { recursive: true });
  return locked("setup", async () => {
    const native = await nativeRust();
    const wasm = await workerTools(native, await wasmRust(native));
    return { native, wasm };
  });
}
