// One set-up at a time: two terminals, or an editor and a terminal, must not install the same tool side by side.

import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CACHE } from "./paths.mjs";
import { sleep } from "./process.mjs";

/**
 * Holds the named lock while `body` runs. A lock whose holder is dead is taken over.
 * @template T @param {string} name @param {() => T | Promise<T>} body @returns {Promise<T>}
 */
export async function locked(name, body) {
  const folder = join(CACHE, `${name}.lock`);
  mkdirSync(CACHE, { recursive: true });
  let told = false;
  while (!take(folder)) {
    if (!told) console.log(`  Waiting for another run that is setting up (${folder})`);
    told = true;
    await sleep(500);
  }
  const release = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", release);
  try {
    return await body();
  } finally {
    process.off("exit", release);
    release();
  }
}

function take(/** @type {string} */ folder) {
  const holder = join(folder, "pid");
  try {
    mkdirSync(folder);
    writeFileSync(holder, String(process.pid));
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
  }
  if (isAbandoned(folder, holder)) rmSync(folder, { recursive: true, force: true });
  return false;
}

function isAbandoned(/** @type {string} */ folder, /** @type {string} */ holder) {
  try {
    process.kill(Number(readFileSync(holder, "utf8")), 0);
    return false;
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === "ESRCH") return true;
    if (code !== "ENOENT") return false;
  }
  // The moment between the folder and its pid file; longer than that, its maker died in it.
  try {
    return Date.now() - statSync(folder).mtimeMs > 10_000;
  } catch {
    return false;
  }
}
