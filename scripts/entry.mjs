// The entry of the built Worker as a plain object.
//
// worker-build makes it a class behind a proxy, of which the runtime makes an instance for each request: a fifth of what a
// small request costs in all. Its handlers need nothing of that class but `env` and `ctx`.

import { Problem } from "./process.mjs";

const DEFAULT = /(?<=[{,])([\w$]+) as default(?=[,}])/;

/** @param {string} source of the module that worker-build made @returns {string} the same, with another default export */
export function plainEntry(source) {
  const [before = "", name, after, ...more] = source.split(DEFAULT);
  if (!name || more.length > 0) throw new Problem("The module that worker-build made has no default export, or more than one");
  const at = before.lastIndexOf("export");
  return `${before.slice(0, at)}${entry(name)}${before.slice(at)}edgekeepEntry as default${after}`;
}

/**
 * The module with what it was made from in front, in place of what stood there before; see `src/release.rs`.
 * @param {string} source @param {{ commit: string, time: string }} from
 */
export function withRelease(source, { commit, time }) {
  const rest = source.replace(RELEASE, "");
  return commit ? `globalThis.edgekeepRelease = ${JSON.stringify(`${commit} ${time}`)};\n${rest}` : rest;
}

const RELEASE = /^globalThis\.edgekeepRelease = "[^"\n]*";\n/;

const entry = (/** @type {string} */ name) => `
const { fetch: edgekeepFetch, scheduled: edgekeepScheduled } = ${name}.prototype;
const edgekeepEntry = {
  fetch: (request, env, ctx) => edgekeepFetch.call({ env, ctx }, request),
  scheduled: (event, env, ctx) => edgekeepScheduled.call({ env, ctx }, event),
};
`;
