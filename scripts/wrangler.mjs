// Wrangler as this project calls it: never asks questions, never reports home.

import { join } from "node:path";
import { CACHE, NODE_MODULES } from "./paths.mjs";

const PROGRAM = join(NODE_MODULES, "wrangler", "bin", "wrangler.js");

/** The arguments for the project's Node. */
export function wrangler(/** @type {string[]} */ ...args) {
  return [PROGRAM, ...args];
}

/** Wrangler is 15 MB of JavaScript: compiled once and kept, it starts in two thirds of the time. @param {NodeJS.ProcessEnv} env @returns {NodeJS.ProcessEnv} */
export function wranglerEnvironment(env) {
  return { ...env, WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true", NODE_COMPILE_CACHE: join(CACHE, "compiled") };
}
