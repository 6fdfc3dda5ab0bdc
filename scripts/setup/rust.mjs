// Rust: a native compiler as rust-toolchain.toml asks, and one that can compile to WebAssembly.
//
// The normal way is rustup: `rustup target add wasm32-unknown-unknown` and `rustup component add rust-src`. Where rustup's
// server is out of reach, Debian has a compiler with its own source (`rustc-web`), from which the standard library for
// wasm32 is built once. The Worker itself is built with a library of its own either way: see unwind.mjs.

import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createHash } from "node:crypto";
import { CACHE, PROJECT, WASM_TARGET } from "../paths.mjs";
import { Problem, ask, work } from "../process.mjs";
import { hasSource, unwinds } from "./unwind.mjs";

const TARGET = "wasm32-unknown-unknown";
const MINUTE = 60_000;

/**
 * The environment variables for native builds.
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
export async function nativeRust() {
  const env = { ...process.env };
  if (!ask("cargo", ["--version"], { env, cwd: CACHE }).ok && !ask("cargo", ["--version"], { env }).ok) {
    throw new Problem(
      "Rust was not found: `cargo` is not on the PATH",
      "Install it with rustup (https://rustup.rs), open a new terminal, and run the command again.",
    );
  }
  const wanted = pinnedToolchain();
  if (!ask("rustc", ["--version"], { env }).ok) {
    await work(`Installing Rust ${wanted}`, "a minute", "rustup", ["toolchain", "install", wanted, "--profile", "minimal"], {
      timeout: 10 * MINUTE,
      log: "rustup-toolchain",
      quiet: true,
    });
  }
  if (!ask("rustc", ["--version"], { env }).ok) env.RUSTUP_TOOLCHAIN = installedToolchain(wanted);
  const version = rustVersion("rustc", env);
  if (!version || isOlder(version, wanted)) {
    throw new Problem(`Rust ${version ?? "?"} is too old: ${wanted} or newer is needed`, "Run `rustup update stable`.");
  }
  if (!["cc", "gcc", "clang"].some((compiler) => ask(compiler, ["--version"]).ok)) {
    throw new Problem(
      "No C compiler was found; Rust links with it, and the tests compile SQLite",
      "Debian and Ubuntu: `apt-get install build-essential`. Fedora: `dnf install gcc`. macOS: `xcode-select --install`.",
    );
  }
  return env;
}

/**
 * The environment variables for builds to WebAssembly.
 * @param {NodeJS.ProcessEnv} native
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
export async function wasmRust(native) {
  const base = { ...native, CARGO_TARGET_DIR: WASM_TARGET };
  if (isComplete(base)) return base;

  const debian = debianEnvironment(base);
  if (debian && isComplete(debian)) return debian;

  if (ask("rustup", ["--version"]).ok) {
    const add = (/** @type {string} */ what, /** @type {string[]} */ args) =>
      work(`Adding ${what} with rustup`, "half a minute", "rustup", args, {
        env: base,
        timeout: 5 * MINUTE,
        log: `rustup-${args[0]}`,
        quiet: true,
      });
    const added =
      (canCompile("rustc", base) || (await add("the wasm32 target", ["target", "add", TARGET]))) &&
      (hasSource(base) || (await add("the source of the standard library", ["component", "add", "rust-src"])));
    if (added && isComplete(base)) return base;
    console.log("    rustup cannot add it from here: trying the packages of Debian instead");
  }
  return installFromDebian(base);
}

/** One compiler does all: lints and tests by the library that it brings, the Worker by one compiled from its source. */
function isComplete(/** @type {NodeJS.ProcessEnv} */ env) {
  return canCompile("rustc", env) && (!unwinds() || hasSource(env));
}

/** @param {NodeJS.ProcessEnv} base */
async function installFromDebian(base) {
  const help =
    `On a normal machine \`rustup target add ${TARGET}\` and \`rustup component add rust-src\` do it; if that failed, its server could not be reached. ` +
    "The other way needs Debian 12 or newer, and root (or sudo without a password), to install a compiler with apt-get.";
  if (!ask("apt-get", ["--version"]).ok) throw new Problem(`No Rust compiler for ${TARGET}`, help);
  const root = process.getuid?.() === 0;
  if (!root && !ask("sudo", ["-n", "true"]).ok) throw new Problem(`No Rust compiler for ${TARGET}`, help);
  const asRoot = (/** @type {string[]} */ command) => (root ? command : ["sudo", "-n", ...command]);
  const apt = async (/** @type {string} */ what, /** @type {string[]} */ args) => {
    const [program = "", ...rest] = asRoot(["apt-get", "-o", "DPkg::Lock::Timeout=300", ...args]);
    const env = { ...base, DEBIAN_FRONTEND: "noninteractive" };
    if (!(await work(what, "a minute", program, rest, { env, log: `apt-${args[0]}` }))) {
      throw new Problem(`${what}: apt-get failed`, help);
    }
  };

  if (!existsSync("/usr/share/doc/rust-web-src") || !debianEnvironment(base)) {
    await apt("Reading Debian's package lists", ["update"]);
    const packages = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-clippy"];
    await apt("Installing Debian's Rust", ["install", "-y", "--no-install-recommends", ...packages]);
  }
  const version = rustVersion("/usr/bin/rustc", base);
  if (!version || isOlder(version, pinnedToolchain())) {
    throw new Problem(`Debian's Rust ${version ?? "?"} is older than ${pinnedToolchain()}`, help);
  }
  const llvm = /LLVM version: (\d+)/.exec(ask("/usr/bin/rustc", ["-vV"]).out)?.[1] ?? "22";
  if (!existsSync(`/usr/bin/wasm-ld-${llvm}`)) {
    await apt("Installing the linker for wasm", ["install", "-y", "--no-install-recommends", `lld-${llvm}`]);
  }

  const env = debianEnvironment(base);
  if (!env) throw new Problem("Debian's Rust is installed but cannot be found under /usr/bin", help);
  if (!canCompile("rustc", env)) await buildStandardLibrary(env, asRoot);
  if (!isComplete(env)) throw new Problem(`The standard library for ${TARGET} does not work after it was built`, help);
  return env;
}

// Debian ships no wasm32 standard library, but its source: an empty crate makes cargo build it.
/** @param {NodeJS.ProcessEnv} env @param {(command: string[]) => string[]} asRoot */
async function buildStandardLibrary(env, asRoot) {
  const folder = join(CACHE, "wasm32-std");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "src"), { recursive: true });
  writeFileSync(join(folder, "Cargo.toml"), '[package]\nname = "empty-std"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n');
  writeFileSync(join(folder, "src", "lib.rs"), "#![no_std]\n");
  const target = join(folder, "target");
  const args = ["build", "-Z", "build-std=std,panic_abort,test", "--target", TARGET, "--release"];
  const done = await work("Building the standard library for wasm32", "2 minutes", "cargo", args, {
    cwd: folder,
    env: {
      ...env,
      CARGO_TARGET_DIR: target,
      // `build-std` is nightly only without it; bitcode is what link-time optimisation reads.
      RUSTC_BOOTSTRAP: "1",
      RUSTFLAGS: "-C embed-bitcode=yes",
    },
    log: "wasm32-std",
  });
  if (!done) throw new Problem(`Building the standard library for ${TARGET} failed`, "Is the registry of crates reachable?");

  const built = join(target, TARGET, "release", "deps");
  const libraries = readdirSync(built).filter((name) => name.endsWith(".rlib") && !name.startsWith("libempty_std"));
  const staged = join(folder, "lib");
  mkdirSync(staged);
  libraries.forEach((name) => cpSync(join(built, name), join(staged, name)));
  const sysroot = ask("rustc", ["--print", "target-libdir", "--target", TARGET], { env, cwd: folder }).out;
  for (const command of [["rm", "-rf", sysroot], ["mkdir", "-p", sysroot], ["cp", "-r", `${staged}/.`, sysroot]]) {
    const [program = "", ...rest] = asRoot(command);
    if (!ask(program, rest).ok) throw new Problem(`Could not write ${sysroot}`);
  }
  rmSync(folder, { recursive: true, force: true });
  // Cargo cannot see that the library under its feet has changed.
  rmSync(WASM_TARGET, { recursive: true, force: true });
}

// Only Debian's Rust programs go first on the PATH: the rest of /usr/bin, its Node among it, must not.
/** @param {NodeJS.ProcessEnv} base */
function debianEnvironment(base) {
  if (!existsSync("/usr/bin/rustc") || !existsSync("/usr/bin/cargo")) return undefined;
  const folder = join(CACHE, "debian-rust");
  for (const name of ["rustc", "cargo", "rustdoc", "cargo-clippy", "clippy-driver"]) {
    if (existsSync(join(folder, name)) || !existsSync(join("/usr/bin", name))) continue;
    mkdirSync(folder, { recursive: true });
    rmSync(join(folder, name), { force: true });
    symlinkSync(join("/usr/bin", name), join(folder, name));
  }
  const linker = readdirSync("/usr/bin").find((name) => /^wasm-ld(-\d+)?$/.test(name));
  return {
    ...base,
    PATH: folder + delimiter + base.PATH,
    ...(linker && { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: join("/usr/bin", linker) }),
  };
}

// A folder that exists proves little: an upgraded compiler refuses the library of the one before. So compile a line,
// once for each compiler and library.
/** @param {string} rustc @param {NodeJS.ProcessEnv} env */
function canCompile(rustc, env) {
  const library = ask(rustc, ["--print", "target-libdir", "--target", TARGET], { env }).out;
  if (!library || !existsSync(library)) return false;
  const version = ask(rustc, ["-vV"], { env }).out;
  const identity = createHash("sha256").update(version).update(library).update(readdirSync(library).sort().join()).digest("hex");
  const stamp = join(CACHE, "wasm32-checked");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === identity) return true;
  const probe = join(CACHE, "probe");
  mkdirSync(probe, { recursive: true });
  writeFileSync(join(probe, "probe.rs"), "pub fn probe() -> String { format!(\"{}\", 1) }\n");
  const args = ["--target", TARGET, "--crate-type", "lib", "--emit", "metadata", "--edition", "2024", "probe.rs"];
  const { ok } = ask(rustc, args, { env: { ...env, RUSTUP_TOOLCHAIN: env.RUSTUP_TOOLCHAIN ?? pinnedToolchain() }, cwd: probe });
  if (ok) writeFileSync(stamp, identity);
  return ok;
}

export function pinnedToolchain() {
  const file = readFileSync(join(PROJECT, "rust-toolchain.toml"), "utf8");
  return /channel\s*=\s*"([^"]+)"/.exec(file)?.[1] ?? "stable";
}

// The pinned one is not installed and cannot be fetched; a newer one that is there does as well.
function installedToolchain(/** @type {string} */ wanted) {
  const names = ask("rustup", ["toolchain", "list"]).out.split("\n").map((line) => line.split(" ")[0] ?? "");
  const fit = names.find((name) => {
    const version = rustVersion("rustc", { ...process.env, RUSTUP_TOOLCHAIN: name });
    return name && !name.startsWith("nightly") && version && !isOlder(version, wanted);
  });
  if (fit) return fit;
  throw new Problem(
    `Rust ${wanted} is not installed, and rustup could not fetch it`,
    `Run \`rustup toolchain install ${wanted}\` where its server can be reached.`,
  );
}

/** @param {string} rustc @param {NodeJS.ProcessEnv} env */
function rustVersion(rustc, env) {
  return /^rustc (\d+\.\d+\.\d+)/.exec(ask(rustc, ["--version"], { env }).out)?.[1];
}

/** @param {string} version @param {string} wanted */
function isOlder(version, wanted) {
  const [a = 0, b = 0, c = 0] = version.split(".").map(Number);
  const [x = 0, y = 0, z = 0] = wanted.split(".").map(Number);
  return a !== x ? a < x : b !== y ? b < y : c < z;
}
