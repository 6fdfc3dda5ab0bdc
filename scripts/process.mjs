// Child processes: quiet ones with a log file and a progress line, and loud ones that share the terminal.

import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LOGS, PROJECT } from "./paths.mjs";

/** A failure that the developer can act on: printed without a stack. */
export class Problem extends Error {
  /** @param {string} what @param {string} [advice] */
  constructor(what, advice) {
    super(what);
    this.advice = advice;
  }
}

/** What went wrong, in words, by whatever was thrown. */
export function reason(/** @type {unknown} */ error) {
  return error instanceof Error ? error.message : String(error);
}

/** @typedef {{ cwd?: string, env?: NodeJS.ProcessEnv, timeout?: number }} Options timeout in milliseconds */

/**
 * Runs a program for its output; never throws.
 * @param {string} program @param {string[]} args @param {Options} [options]
 */
export function ask(program, args, options = {}) {
  const { cwd = PROJECT, env = process.env, timeout = 30_000 } = options;
  // Without a bound of its own: what comes out is as long as it is, and is to be had whole.
  const done = spawnSync(program, args, { cwd, env, timeout, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: Infinity });
  return { ok: done.status === 0, out: (done.stdout ?? "").trim(), err: (done.stderr ?? "").trim() };
}

/**
 * Runs a program that shares the terminal and gives its exit code.
 * @param {string} program @param {string[]} args @param {Options} [options]
 * @returns {Promise<number>}
 */
export function show(program, args, options = {}) {
  const { cwd = PROJECT, env = process.env } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: "inherit" });
    const release = passSignals(child);
    child.once("error", (error) => (release(), reject(error)));
    child.once("exit", (code, signal) => (release(), resolve(code ?? (signal === "SIGINT" ? 130 : 1))));
  });
}

/**
 * Runs a long, talkative program: its output goes to a log file, the terminal sees what is done, how long it usually
 * takes and how long it has taken. On failure a part of the log is shown.
 * @param {string} what @param {string} usually @param {string} program @param {string[]} args
 * @param {Options & { log: string, quiet?: boolean, show?: "start" | "end" }} options `show` says which part of the log explains a failure
 * @returns {Promise<boolean>} whether it succeeded
 */
export async function work(what, usually, program, args, options) {
  const { cwd = PROJECT, env = process.env, timeout, quiet = false, show: part = "end" } = options;
  mkdirSync(LOGS, { recursive: true });
  const path = join(LOGS, `${options.log}.log`);
  const log = openSync(path, "w");
  const started = Date.now();
  const elapsed = () => duration(Date.now() - started);
  console.log(`  ${what} (usually ${usually})`);

  const tick = setInterval(
    () => (process.stdout.isTTY ? process.stdout.write(`\r    ${elapsed()} `) : console.log(`    ... ${elapsed()}`)),
    process.stdout.isTTY ? 1_000 : 30_000,
  );
  const failure = await new Promise((resolve) => {
    // A group of its own: a time-out must also end what the program has started.
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", log, log], detached: true });
    const release = passSignals(child, true);
    const alarm = timeout ? setTimeout(() => (kill(child, "SIGKILL", true), resolve("took too long")), timeout) : undefined;
    const end = (/** @type {string | undefined} */ why) => (release(), clearTimeout(alarm), resolve(why));
    child.once("error", (error) => end(error.message));
    child.once("exit", (code, signal) => end(code === 0 ? undefined : signal ? `ended by ${signal}` : `exit code ${code}`));
  });
  clearInterval(tick);
  closeSync(log);
  if (process.stdout.isTTY) process.stdout.write("\r");
  if (!failure) {
    console.log(`    done in ${elapsed()}`);
    return true;
  }
  console.log(`    not done: ${failure} after ${elapsed()}`);
  if (!quiet) {
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    const some = part === "end" ? lines.slice(-25) : lines.slice(0, 25);
    console.log(`    the ${part} of ${path}:\n${some.map((line) => `    | ${line}`).join("\n")}`);
  }
  return false;
}

/**
 * Ends this process in good order when its parent is gone. npm passes a signal to its shell alone, which dies without a
 * word to us; a server left behind would hold its port.
 */
export function endWithParent() {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, "SIGTERM");
  }, 500).unref();
}

/** @param {number} milliseconds */
export function duration(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

export function sleep(/** @type {number} */ milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

// A terminal sends Ctrl-C to the whole group, a supervisor only to us: in both cases wait for the child to clean up.
export function passSignals(/** @type {import("node:child_process").ChildProcess} */ child, group = false) {
  const handlers = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]).map((signal) => {
    const handler = () => {
      if (group || signal !== "SIGINT" || !process.stdin.isTTY) kill(child, signal, group);
    };
    process.on(signal, handler);
    return { signal, handler };
  });
  return () => handlers.forEach(({ signal, handler }) => process.off(signal, handler));
}

function kill(/** @type {import("node:child_process").ChildProcess} */ child, /** @type {NodeJS.Signals} */ signal, group = false) {
  try {
    if (child.pid) process.kill(group ? -child.pid : child.pid, signal);
  } catch {
    // Already gone.
  }
}
