// An account and the edge in front of it, on loopback, and `npm run deploy` run against both.
//
// Behind the edge answers the built Worker itself. A version can be spoiled: then the edge answers for it with errors.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT } from "../../scripts/paths.mjs";
import { startWorker } from "../workerd/harness.mjs";
import { ACCOUNT, Cloudflare, TOKEN } from "./cloudflare.mjs";

/** @typedef {{ code: number, output: string }} Run */

export class Rehearsal {
  cloudflare = new Cloudflare();
  /** Numbers of the versions that do not work. @type {Set<number>} */
  spoiled = new Set();
  /** Numbers of the versions that answered. @type {number[]} */
  served = [];
  /** What wrangler was given as arguments, and we as output: secrets must be in neither. */
  outputs = "";

  /** In place of the user's own folder of settings. */
  config = mkdtempSync(join(tmpdir(), "edgekeep-config-"));

  /** Name of the Worker that the edge serves. */
  constructor(worker = "edgekeep") {
    this.worker = worker;
  }

  async start() {
    await this.cloudflare.start();
    this.behind = await startWorker({ assets: true });
    this.edge = createServer((request, response) => void this.#serve(request, response));
    await new Promise((resolve) => this.edge?.listen(0, "127.0.0.1", () => resolve(undefined)));
    const address = this.edge.address();
    this.origin = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
    return this;
  }

  async stop() {
    this.edge?.closeAllConnections();
    await new Promise((resolve) => this.edge?.close(() => resolve(undefined)));
    await this.cloudflare.stop();
    await this.behind?.stop();
    rmSync(this.config, { recursive: true, force: true });
  }

  /** An account with nothing in it again. */
  reset() {
    const { r2 } = new Cloudflare();
    Object.assign(this.cloudflare, { databases: new Map(), buckets: new Set(), scripts: new Map(), subdomain: undefined, assets: new Set(), calls: [], mishap: () => undefined, r2 });
    rmSync(this.config, { recursive: true, force: true });
    this.spoiled.clear();
    this.served = [];
  }

  /** @param {string[]} args @param {NodeJS.ProcessEnv} [env] @returns {Promise<Run>} */
  deploy(args, env = {}) {
    const given = ["--at", this.origin ?? "", "--patience", "0", "--no-build", ...args];
    return this.run(["deploy", ...given], env);
  }

  /** @param {string[]} args @param {NodeJS.ProcessEnv} env @returns {Promise<Run>} */
  run(args, env) {
    return new Promise((resolve) => {
      const { url } = this.cloudflare;
      const own = { CLOUDFLARE_API_BASE_URL: url, CLOUDFLARE_API_TOKEN: TOKEN, CLOUDFLARE_ACCOUNT_ID: ACCOUNT, CLOUDFLARE_ENV: "", XDG_CONFIG_HOME: this.config };
      const child = spawn(process.execPath, [join(PROJECT, "scripts", "main.mjs"), ...args], {
        cwd: PROJECT,
        env: { ...process.env, ...own, ...env },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      const keep = (/** @type {Buffer} */ chunk) => void (output += chunk.toString());
      child.stdout.on("data", keep);
      child.stderr.on("data", keep);
      child.once("close", (code) => {
        this.outputs += output;
        resolve({ code: code ?? 1, output });
      });
    });
  }

  get script() {
    return this.cloudflare.scripts.get(this.worker);
  }

  /** Number and percentage of each version in the deployment that serves. */
  traffic() {
    const numbers = new Map(this.script?.versions.map(({ id, number }) => [id, number]));
    return (this.script?.deployments[0]?.versions ?? []).map(({ version_id, percentage }) => [numbers.get(version_id), percentage]);
  }

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  async #serve(request, response) {
    const override = request.headers["cloudflare-workers-version-overrides"];
    const version = this.cloudflare.versionFor(this.worker, typeof override === "string" ? override : undefined);
    const answer = (/** @type {number} */ status) => void response.writeHead(status).end();
    if (!version) return answer(404);
    this.served.push(version.number);
    if (this.spoiled.has(version.number)) return answer(500);
    const { status, headers, body } = (await this.behind?.fetch(request.url ?? "/")) ?? new Response(null, { status: 502 });
    response.writeHead(status, Object.fromEntries(headers));
    response.end(body ? Buffer.from(await new Response(body).arrayBuffer()) : undefined);
  }
}
