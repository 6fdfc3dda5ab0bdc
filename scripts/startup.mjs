// How long the Worker takes to start, from a cold workerd to its first answer, and how long a Worker of one line does.
//
// From outside, since the clock inside a Worker stands still while it computes.

import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUILD, npmProgram } from "./paths.mjs";
import { freePort } from "./ports.mjs";
import { Problem } from "./process.mjs";

const ROUNDS = 5;
const LIMIT = 20_000;

/** @typedef {{ ms: number, bare: number }} Start milliseconds: the Worker's, and those of a Worker of one line in the same run */

/** @returns {Promise<Start>} */
export async function startTimes() {
  const folder = mkdtempSync(join(tmpdir(), "edgekeep-startup-"));
  try {
    for (const name of ["index.js", "index_bg.wasm"]) copyFileSync(join(BUILD, name), join(folder, name));
    writeFileSync(join(folder, "bare.js"), 'export default { fetch: () => new Response("") };\n');
    const oneLine = '(name = "bare.js", esModule = embed "bare.js")';
    const worker = '(name = "index.js", esModule = embed "index.js"), (name = "./index_bg.wasm", wasm = embed "index_bg.wasm")';
    // The best of several: everything that disturbs a measurement makes it longer.
    let [ms, bare] = [Infinity, Infinity];
    for (let round = 0; round < ROUNDS; round += 1) {
      bare = Math.min(bare, await firstAnswer(folder, oneLine));
      ms = Math.min(ms, await firstAnswer(folder, worker));
    }
    return { ms: Math.round(ms), bare: Math.round(bare) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} folder @param {string} modules */
async function firstAnswer(folder, modules) {
  const port = await freePort();
  const config = join(folder, "config.capnp");
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (modules = [${modules}], compatibilityDate = "2026-11-01"))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`,
  );
  const started = performance.now();
  const workerd = spawn(npmProgram("workerd"), ["serve", config], { stdio: "ignore" });
  const gone = new Promise((resolve) => workerd.once("exit", resolve));
  try {
    while (performance.now() - started < LIMIT) {
      if (await answers(port)) return performance.now() - started;
    }
    throw new Problem("The built Worker does not start in workerd", "`npm run dev` shows what it says.");
  } finally {
    workerd.kill("SIGKILL");
    await gone;
  }
}

// Any answer will do: without its bindings the Worker can only say that it is misconfigured.
/** @returns {Promise<boolean>} */
function answers(/** @type {number} */ port) {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => socket.write("GET /healthz HTTP/1.1\r\nHost: startup\r\nConnection: close\r\n\r\n"));
    socket.once("data", () => (socket.destroy(), resolve(true)));
    socket.once("error", () => setTimeout(resolve, 1, false));
    socket.once("end", () => resolve(false));
  });
}
