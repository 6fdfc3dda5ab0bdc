// The project's commands as programs, on a local state of their own, and that state served as `npm run dev` does.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { databaseFile } from "../../scripts/local.mjs";
import { PROJECT } from "../../scripts/paths.mjs";
import { freePort } from "../../scripts/ports.mjs";
import { sleep } from "../../scripts/process.mjs";
import { wrangler, wranglerEnvironment } from "../../scripts/wrangler.mjs";

export const SETTINGS = { ENVIRONMENT: "development", JWT_SECRET: "dGVzdHMgb25seTogbmV2ZXIgYSByZWFsIHNlY3JldCE", OPERATOR_TOKEN: "fQ7mV2xLr9TzB4kNw8PcJ5sHd3GyEa6uXoKi1RbMnZ0", OPERATOR_LIMIT: "10000/minute" };
export const ACCOUNT = { email: "drill@example.com", password: "engine weaves patterns like a loom" };

/** A local state, its settings, and the programs on it. */
export class Local {
  folder = mkdtempSync(join(tmpdir(), "edgekeep-commands-"));
  state = join(this.folder, "state");
  settings = join(this.folder, "vars");
  port = 0;
  /** @type {import("node:child_process").ChildProcess | undefined} */
  server;

  /** @param {Record<string, string>} more */
  async prepare(more = {}) {
    this.port = await freePort();
    writeFileSync(this.settings, Object.entries({ ...SETTINGS, ...more }).map(([name, value]) => `${name}=${value}\n`).join(""));
    const done = await this.#run(wrangler("d1", "migrations", "apply", "DB", "--local", "--persist-to", this.state));
    assert.equal(done.code, 0, done.out + done.err);
  }

  /** Runs a command of the project. @param {string[]} args */
  async command(...args) {
    return this.#run([join(PROJECT, "scripts", "main.mjs"), ...args, "--persist-to", this.state, "--port", String(this.port)]);
  }

  /** What a command says with `--json`; it must succeed. @param {string[]} args */
  async json(...args) {
    const { code, out, err } = await this.command(...args, "--json");
    assert.equal(code, 0, `${args.join(" ")}: ${out}${err}`);
    return JSON.parse(out);
  }

  /** As `npm run dev` serves it. */
  async serve() {
    this.server = spawn(process.execPath, wrangler("dev", "--port", String(this.port), "--inspector-port", "0", "--persist-to", this.state, "--env-file", this.settings), { cwd: PROJECT, env: this.#env(), stdio: "ignore" });
    const deadline = Date.now() + 120_000;
    while (!(await fetch(`http://127.0.0.1:${this.port}/healthz`).catch(() => undefined))?.ok) {
      assert.ok(Date.now() < deadline && this.server.exitCode === null, "the server does not start");
      await sleep(200);
    }
  }

  async halt() {
    const { server } = this;
    if (!server) return;
    this.server = undefined;
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGTERM");
    await ended;
  }

  async stop() {
    await this.halt();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** @param {string} path @param {unknown} [body] @param {string} [token] */
  async api(path, body, token) {
    const headers = { ...(body ? { "content-type": "application/json" } : {}), ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const answer = await fetch(`http://127.0.0.1:${this.port}/api/v1${path}`, { method: body ? "POST" : "GET", headers, body: body ? JSON.stringify(body) : null });
    return { status: answer.status, body: /** @type {any} */ (await answer.json().catch(() => undefined)) };
  }

  /** Writes into the database past everything. @param {(database: DatabaseSync) => void} change */
  write(change) {
    const database = new DatabaseSync(databaseFile(this.state));
    change(database);
    database.close();
  }

  #env() {
    return { ...wranglerEnvironment(process.env), CI: "1", EDGEKEEP_BUILT: "1", EDGEKEEP_BUDGET: "warn", EDGEKEEP_DEV_VARS: this.settings };
  }

  /** @param {string[]} args @returns {Promise<{ code: number, out: string, err: string }>} */
  #run(args) {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, args, { cwd: PROJECT, env: this.#env(), stdio: ["ignore", "pipe", "pipe"] });
      let [out, err] = ["", ""];
      child.stdout.on("data", (chunk) => void (out += chunk));
      child.stderr.on("data", (chunk) => void (err += chunk));
      child.once("close", (code) => resolve({ code: code ?? 1, out, err }));
    });
  }
}
