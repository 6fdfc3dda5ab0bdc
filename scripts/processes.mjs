// Which processes belong to whom, for killing workerd in a test and for proving that none stays behind.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";

/** Process ids of this process's own children that are workerd. */
export function children() {
  return processes()
    .filter(({ parent, command }) => parent === process.pid && /workerd/.test(command))
    .map(({ pid }) => pid);
}

/** Process ids of all that were started with the variable `EDGEKEEP_RUN` set to `run`. Linux only; elsewhere none. */
export function descendants(/** @type {string} */ run) {
  if (!existsSync("/proc/self/environ")) return [];
  return processIds().filter((pid) => {
    try {
      return pid !== process.pid && readFileSync(`/proc/${pid}/environ`, "utf8").includes(`EDGEKEEP_RUN=${run}\0`);
    } catch {
      return false;
    }
  });
}

/** Ends what a run has left behind, and says how many that were. */
export function endDescendants(/** @type {string} */ run) {
  const left = descendants(run);
  for (const pid of left) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Gone between the two lines.
    }
  }
  return left.length;
}

/** Milliseconds of computation that a process has used so far, all threads; undefined where the system does not tell. */
export function computed(/** @type {number} */ pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13).map(Number);
    return (user + system) * TICK;
  } catch {
    return undefined;
  }
}

/**
 * What a process holds in memory and what it has computed: bytes resident now and at most, those of them that are pages of
 * files such as its own program, milliseconds of all threads.
 * Linux only.
 */
export function memory(/** @type {number} */ pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const bytes = (/** @type {string} */ name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? NaN) * 1024;
  return { resident: bytes("VmRSS"), peak: bytes("VmHWM"), files: bytes("RssFile"), computed: computed(pid) ?? NaN };
}

/** Forgets what a process held at most until now. Linux only. */
export function resetPeak(/** @type {number} */ pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

function processes() {
  if (existsSync("/proc/self/stat")) {
    return processIds().flatMap((pid) => {
      try {
        // "pid (command) state parent ...", and the command may itself contain spaces and brackets.
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const end = stat.lastIndexOf(")");
        return [{ pid, parent: Number(stat.slice(end + 2).split(" ")[1]), command: stat.slice(stat.indexOf("(") + 1, end) }];
      } catch {
        return [];
      }
    });
  }
  const { stdout } = spawnSync("ps", ["-axo", "pid=,ppid=,comm="], { encoding: "utf8" });
  return stdout.split("\n").flatMap((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid && command ? [{ pid: Number(pid), parent: Number(parent), command }] : [];
  });
}

function processIds() {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
}

// Linux counts in hundredths of a second, on every common machine.
const TICK = 10;
