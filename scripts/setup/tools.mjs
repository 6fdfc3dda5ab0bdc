// Programs that turn the crate into a Worker. Each has a folder of its own in the cache, named by its version.

import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { locked } from "../lock.mjs";
import { CACHE, LOGS, npmProgram } from "../paths.mjs";
import { Problem, ask, work } from "../process.mjs";
import { CARGO_DENY, WASM_BINDGEN, WORKER_BUILD } from "../versions.mjs";
import { pinnedToolchain } from "./rust.mjs";

/**
 * worker-build and what it calls. Gives the environment variables with which it finds them.
 * @param {NodeJS.ProcessEnv} native for compiling the tools @param {NodeJS.ProcessEnv} wasm for compiling the Worker
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
export async function workerTools(native, wasm) {
  const build = await cargoTool(native, "worker-build", WORKER_BUILD, "5 to 10 minutes");
  const bindgen =
    folderOf("wasm-bindgen-cli", WASM_BINDGEN, "wasm-bindgen-test-runner") ??
    (await downloadedBindgen()) ??
    (await cargoTool(native, "wasm-bindgen-cli", WASM_BINDGEN, "4 to 8 minutes", "wasm-bindgen-test-runner"));
  return {
    ...wasm,
    PATH: build + delimiter + wasm.PATH,
    WASM_BINDGEN_BIN: join(bindgen, "wasm-bindgen"),
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: join(bindgen, "wasm-bindgen-test-runner"),
    // The very versions that worker-build would download, pinned by the lock file instead.
    WASM_OPT_BIN: npmProgram("wasm-opt"),
    ESBUILD_BIN: npmProgram("esbuild"),
  };
}

/** @param {NodeJS.ProcessEnv} native */
export function cargoDeny(native) {
  return locked("setup", async () => join(await cargoTool(native, "cargo-deny", CARGO_DENY, "5 to 10 minutes"), "cargo-deny"));
}

/** The folder of a tool's programs, if it is installed. */
function folderOf(/** @type {string} */ crate, /** @type {string} */ version, program = crate) {
  const folder = join(CACHE, `${crate}-${version}`, "bin");
  return existsSync(join(folder, program)) ? folder : undefined;
}

/**
 * @param {NodeJS.ProcessEnv} native @param {string} crate @param {string} version @param {string} usually
 * @param {string} [program]
 */
async function cargoTool(native, crate, version, usually, program = crate) {
  const present = folderOf(crate, version, program);
  if (present) return present;
  const root = join(CACHE, `${crate}-${version}`);
  const target = join(CACHE, "tool-builds");
  const env = { ...native, CARGO_TARGET_DIR: target, RUSTUP_TOOLCHAIN: native.RUSTUP_TOOLCHAIN ?? pinnedToolchain() };
  const options = { env, cwd: CACHE, log: crate };
  const args = ["install", "--root", root, `${crate}@${version}`];
  const done =
    (await work(`Building ${crate} ${version}`, usually, "cargo", [...args, "--locked"], { ...options, quiet: true })) ||
    // A lock file of a tool can name a version that a mirror of the registry does not have.
    (await work(`Building ${crate} ${version} with other dependencies`, usually, "cargo", args, options));
  const folder = folderOf(crate, version, program);
  if (!done || !folder) {
    throw new Problem(`${crate} ${version} could not be built`, `The whole output is in ${join(LOGS, crate)}.log.`);
  }
  rmSync(target, { recursive: true, force: true });
  return folder;
}

// The project's own release archive, as worker-build itself would fetch it: seconds instead of minutes, where it is
// reachable.
async function downloadedBindgen() {
  const machine = `${process.arch}-${process.platform}`;
  const archive = /** @type {Record<string, string>} */ ({
    "x64-linux": "x86_64-unknown-linux-musl",
    "arm64-linux": "aarch64-unknown-linux-musl",
    "x64-darwin": "x86_64-apple-darwin",
    "arm64-darwin": "aarch64-apple-darwin",
  })[machine];
  if (!archive) return undefined;
  const name = `wasm-bindgen-${WASM_BINDGEN}-${archive}`;
  const base = process.env.EDGEKEEP_BINDGEN_RELEASES || "https://github.com/wasm-bindgen/wasm-bindgen/releases/download";
  const root = join(CACHE, `wasm-bindgen-cli-${WASM_BINDGEN}`);
  const staged = `${root}.download`;
  rmSync(staged, { recursive: true, force: true });
  mkdirSync(join(staged, "bin"), { recursive: true });
  const file = join(staged, "archive.tar.gz");
  const fetched = await work(
    `Fetching wasm-bindgen ${WASM_BINDGEN}`,
    "10 seconds",
    "curl",
    ["--fail", "--location", "--silent", "--show-error", "--connect-timeout", "10", "--max-time", "120",
      "--output", file, `${base}/${WASM_BINDGEN}/${name}.tar.gz`],
    { log: "wasm-bindgen-fetch", cwd: CACHE, quiet: true },
  );
  const unpacked =
    fetched && ask("tar", ["-xzf", file, "-C", join(staged, "bin"), "--strip-components=1"]).ok &&
    ask(join(staged, "bin", "wasm-bindgen"), ["--version"]).out.includes(WASM_BINDGEN);
  rmSync(file, { force: true });
  if (!unpacked) {
    console.log("    its releases cannot be fetched from here: building it instead");
    rmSync(staged, { recursive: true, force: true });
    return undefined;
  }
  rmSync(root, { recursive: true, force: true });
  renameSync(staged, root);
  return folderOf("wasm-bindgen-cli", WASM_BINDGEN, "wasm-bindgen-test-runner");
}
