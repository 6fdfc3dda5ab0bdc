// The operator's routes, of the Worker on this machine or of one elsewhere.
//
// Here: the one that `npm run dev` serves, or, when none does, one that is started on the same state and ended afterwards.

import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "./paths.mjs";
import { freePort } from "./ports.mjs";
import { Problem, sleep } from "./process.mjs";
import { wrangler, wranglerEnvironment } from "./wrangler.mjs";

/**
 * @typedef {object} Operator
 * @property {(path: string, init?: RequestInit) => Promise<any>} json calls a route that answers JSON
 * @property {(path: string) => Promise<Buffer>} bytes calls a route that answers bytes
 * @property {() => Promise<void>} end ends what was started
 */

/** @param {{ url?: string | undefined, port?: number, persist?: string | undefined }} where @returns {Promise<Operator>} */
export async function operator({ url, port = 8787, persist }) {
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Problem("--port takes a number from 1 to 65535");
  if (url && !URL.canParse(url)) throw new Problem(`"${url}" is no URL`, "One looks like https://example.com.");
  if (url) {
    const token = process.env.OPERATOR_TOKEN;
    if (!token) throw new Problem("OPERATOR_TOKEN is not set", "Set it to the secret of the Worker that --url names.");
    return calls(url, token, async () => {});
  }
  const local = `http://127.0.0.1:${port}`;
  const token = localToken();
  if ((await alive(local))?.headers.has("x-request-id")) return calls(local, token, async () => {});
  const own = await freePort();
  const settings = process.env.EDGEKEEP_DEV_VARS;
  const given = [...(persist ? ["--persist-to", persist] : []), ...(settings ? ["--env-file", settings] : [])];
  const child = spawn(process.execPath, wrangler("dev", "--port", String(own), "--inspector-port", "0", ...given), {
    cwd: PROJECT,
    env: { ...wranglerEnvironment(process.env), EDGEKEEP_BUDGET: "warn" },
    stdio: ["ignore", "ignore", "ignore"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const end = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  for (const deadline = Date.now() + 180_000; !(await alive(`http://127.0.0.1:${own}`)); await sleep(300)) {
    if (child.exitCode === null && Date.now() < deadline) continue;
    await end();
    throw new Problem("The Worker did not start", "`npm run dev` says why.");
  }
  return calls(`http://127.0.0.1:${own}`, token, end);
}

// `EDGEKEEP_DEV_VARS` names another file of local settings than the usual one.
function localToken() {
  const file = process.env.EDGEKEEP_DEV_VARS ?? join(PROJECT, ".dev.vars");
  const token = existsSync(file) && /^\s*OPERATOR_TOKEN\s*=\s*"?([^"\s]+)/m.exec(readFileSync(file, "utf8"))?.[1];
  if (!token) throw new Problem(`There is no OPERATOR_TOKEN in ${file}`, "`npm run dev` makes one.");
  return token;
}

// Whatever a Worker answers, it is there: also one whose database is gone, whose limit is used up or whose token is another.
// Ours says by the id of the request that it is one; nothing else may stand in for it.
async function alive(/** @type {string} */ url) {
  return fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
}

/** @param {string} url @param {string} token @param {() => Promise<void>} end @returns {Operator} */
function calls(url, token, end) {
  const call = async (/** @type {string} */ path, /** @type {RequestInit} */ init = {}) => {
    const headers = { authorization: `Bearer ${token}`, ...(init.body ? { "content-type": "application/json" } : {}) };
    for (let tries = 1; ; tries += 1) {
      const answer = await reached(`${url}/api/v1/operator${path}`, { ...init, headers });
      if (answer.ok) return answer;
      const text = await answer.text();
      if (answer.status === 401) throw new Problem(`${url} refuses the token (${path} answers 401)`, "It must be the OPERATOR_TOKEN that this Worker was started with.");
      // A download of many parts meets the limit on calls.
      const wait = Number(answer.headers.get("retry-after"));
      if (answer.status !== 429 || !(wait > 0) || tries > 5) throw new Problem(`${path} answers ${answer.status}`, text.slice(0, 500));
      await sleep(wait * 1_000);
    }
  };
  return {
    json: async (path, init) => (await call(path, init)).json(),
    bytes: async (path) => Buffer.from(await (await call(path)).arrayBuffer()),
    end,
  };
}

async function reached(/** @type {string} */ url, /** @type {RequestInit} */ init) {
  try {
    return await fetch(url, init);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Problem(`${url} can't be reached`, cause);
  }
}
