// The go-live checklist: it passes on a Worker that is right, and each of its lines fails on one that is wrong in that way.
//
// What is wrong is made by a proxy in front of the Worker that spoils answers.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { PROJECT } from "../../scripts/paths.mjs";
import { go } from "../../scripts/golive/check.mjs";
import { accounts, removal } from "../../scripts/golive/checks/accounts.mjs";
import { operations } from "../../scripts/golive/checks/operations.mjs";
import { service } from "../../scripts/golive/checks/service.mjs";
import { transport } from "../../scripts/golive/checks/transport.mjs";
import { Client, Throwaway } from "../../scripts/golive/client.mjs";
import { VARS, startWorker } from "./harness.mjs";

const SECRET = randomBytes(32).toString("base64url");
const ALL = [...service.slice(0, 1), ...transport, ...accounts, ...service.slice(1), ...operations, removal];

/**
 * @typedef {{ method: string, path: string, status: number, headers: Headers, body: string, sent: Headers }} Spoilable
 * @typedef {(answer: Spoilable) => Partial<{ status: number, body: string }> | void} Spoiler may also change the headers
 */

describe("npm run golive", () => {
  /** @type {import("./harness.mjs").Worker} */
  let worker;
  /** @type {import("node:http").Server} */
  let proxy;
  /** @type {Spoiler} */
  let spoil = () => undefined;
  let address = 0;
  let origin = "";
  before(async () => {
    worker = await startWorker({ assets: true, vars: { JWT_SECRET: SECRET, ENVIRONMENT: "production" } });
    proxy = createServer((request, response) => void forward(request, response));
    await new Promise((resolve) => proxy.listen(0, "127.0.0.1", () => resolve(undefined)));
    const listening = proxy.address();
    origin = `http://127.0.0.1:${typeof listening === "object" && listening ? listening.port : 0}`;
  });
  after(async () => {
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
    await worker.stop();
  });

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  async function forward(request, response) {
    const sent = new Headers(/** @type {any} */ (request.headers));
    const large = Number(sent.get("content-length")) > 65_536;
    const method = request.method ?? "";
    const path = request.url ?? "";
    const ip = `198.51.100.${address}`;
    /** @type {Response | import("./harness.mjs").Answer} */
    let real;
    if (large) {
      const token = sent.get("authorization")?.slice("Bearer ".length);
      request.resume();
      real = new Response(null, { status: await new Client(worker.url).large(path, Number(sent.get("content-length")), token) });
    } else {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      for (const name of ["host", "connection", "transfer-encoding", "content-length"]) sent.delete(name);
      real = await worker.fetch(path, { method, headers: sent, body: chunks.length > 0 ? Buffer.concat(chunks) : undefined, ip });
    }
    const headers = new Headers(real.headers);
    headers.delete("content-length");
    const answer = { method, path, status: real.status, headers, body: await real.text(), sent };
    Object.assign(answer, spoil(answer) ?? {});
    response.writeHead(answer.status, [...answer.headers].flat());
    response.end(answer.status === 204 ? undefined : answer.body);
  }

  /** @param {Spoiler} [spoiler] @param {Partial<import("../../scripts/golive/check.mjs").Context>} [given] @param {import("../../scripts/golive/check.mjs").Check[]} [checks] */
  async function findings(spoiler = () => undefined, given = {}, checks = ALL) {
    spoil = spoiler;
    address += 1;
    const client = new Client(origin);
    const account = new Throwaway(client);
    const context = { origin, loopback: true, env: "production", client, account, inside: undefined, now: new Date(), operatorToken: undefined, laptop: {}, ...given };
    const found = await go(checks, context, () => undefined);
    spoil = () => undefined;
    if (account.exists) await account.remove();
    return new Map(found.map((finding) => [finding.id, finding]));
  }

  const users = async () => (await worker.d1).prepare("SELECT count(*) AS n FROM users").first("n");

  it("finds nothing wrong with a Worker that is right, and leaves no account behind", async () => {
    const found = await findings();
    const failed = [...found.values()].filter(({ verdict }) => verdict === "fail");
    assert.deepEqual(failed, []);
    for (const id of ["ready", "headers", "cors", "register", "login", "protected", "secrets", "limits", "guessing", "production", "unknown", "clock", "body-limits", "errors", "removal"]) {
      assert.equal(found.get(id)?.verdict, "pass", JSON.stringify(found.get(id)));
    }
    assert.equal(await users(), 0);
  });

  it("as a command prints a line per check or JSON, and its exit code tells", async () => {
    address += 1;
    const right = await command(origin, "--json", "--outside");
    const report = JSON.parse(right.output);
    assert.equal(right.code, 0, right.output);
    assert.deepEqual([report.origin, report.failed, report.checks.length], [origin, 0, ALL.length]);
    assert.equal(await users(), 0);
    address += 1;
    spoil = ({ path }) => (path === "/readyz" ? { status: 503 } : undefined);
    const wrong = await command(origin, "--outside");
    assert.equal(wrong.code, 1, wrong.output);
    assert.match(wrong.output, /^FAIL The Worker and all its parts answer +GET \/readyz: 503.*\n +-> /m);
    assert.match(wrong.output, /\d+ passed, \d+ warnings, 1 failed/);
  });

  /** These checks, and the one that makes the account which most of them need. */
  const withAccount = (/** @type {string[]} */ ...ids) => ALL.filter(({ id }) => id === "register" || ids.includes(id));
  const auth = "/api/v1/auth";
  /** How each check is made to fail. @type {[string, Spoiler][]} */
  const WRONGS = [
    ["ready", ({ path }) => (path === "/healthz" ? { status: 503, body: '{"code":"misconfigured"}' } : undefined)],
    ["hsts", ({ headers }) => headers.set("strict-transport-security", "max-age=1")],
    ["headers", ({ headers }) => headers.set("content-security-policy", "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'")],
    ["cors", ({ headers, sent }) => headers.set("access-control-allow-origin", sent.get("origin") ?? "")],
    ["register", ({ path }) => (path === `${auth}/register` ? { status: 500 } : undefined)],
    ["login", ({ method, path, status }) => (method === "GET" && path === `${auth}/me` && status === 401 ? { status: 200 } : undefined)],
    ["protected", ({ method, path, sent, status }) => (method === "GET" && path === `${auth}/sessions` && status === 401 && sent.has("authorization") ? { status: 200 } : undefined)],
    ["limits", ({ path, status }) => (path === "/api/v1/ai-tools/detect" && status === 429 ? { status: 200 } : undefined)],
    ["guessing", ({ path, headers }) => (path === `${auth}/login` ? headers.delete("ratelimit-policy") : undefined)],
    ["production", ({ path }) => (path.startsWith("/__debug/") ? { status: 500 } : undefined)],
    ["unknown", ({ path, status }) => (path === "/no/such/page" && status === 404 ? { status: 200 } : undefined)],
    ["clock", ({ headers }) => headers.set("date", new Date(Date.now() - 120_000).toUTCString())],
    ["body-limits", ({ status }) => (status === 413 ? { status: 400 } : undefined)],
    ["errors", ({ path, status }) => (path === `${auth}/login` && status === 405 ? { body: "panicked at src/main.rs:1" } : undefined)],
    ["removal", ({ method, path, status }) => (method === "DELETE" && path === `${auth}/me` && status === 204 ? { status: 503 } : undefined)],
  ];
  for (const [id, spoiler] of WRONGS) {
    it(`fails at "${id}" where that is wrong`, async () => {
      const finding = (await findings(spoiler, {}, withAccount(id))).get(id);
      assert.equal(finding?.verdict, id === "production" ? "warn" : "fail", JSON.stringify(finding));
      assert.ok(finding?.todo, "and says what to do");
    });
  }

  it('fails at "secrets" where tokens can be signed with a secret that others know', async () => {
    const known = await findings(undefined, { laptop: { JWT_SECRET: SECRET } }, withAccount("secrets"));
    assert.equal(known.get("secrets")?.verdict, "fail");
    await worker.restart({ JWT_SECRET: VARS.JWT_SECRET, ENVIRONMENT: "production" });
    assert.equal((await findings(undefined, {}, withAccount("secrets"))).get("secrets")?.verdict, "fail", "the one of the project's own tests");
  });

  it("is no more lenient away from this machine", async () => {
    const found = await findings(undefined, { loopback: false }, withAccount("tls", "hsts"));
    for (const id of ["tls", "hsts"]) assert.equal(found.get(id)?.verdict, "fail", id);
  });

  it("looks into the account where it may", async () => {
    const state = /** @type {any} */ ({ migrated: ["0001_accounts.sql"], secrets: [] });
    const target = /** @type {any} */ ({ database: { migrations: [{ file: "0001_accounts.sql" }, { file: "0002_installation.sql" }] } });
    const cron = (/** @type {any[]} */ ...rows) => ({ inside: { state, target, query: async () => rows } });
    const hours = (/** @type {number} */ n) => Date.now() - n * 3_600_000;
    const pick = async (/** @type {Partial<import("../../scripts/golive/check.mjs").Context>} */ given) => {
      const found = await go(operations, /** @type {any} */ ({ client: new Client(origin), now: new Date(), ...given }), () => undefined);
      return Object.fromEntries(found.map((finding) => [finding.id, finding.verdict]));
    };
    assert.equal((await pick(cron({ started_at: hours(1), outcome: "ok" }))).cron, "pass");
    assert.equal((await pick(cron({ started_at: hours(1), outcome: "error" }))).cron, "fail");
    assert.equal((await pick(cron({ started_at: hours(3), outcome: "ok" }))).cron, "fail");
    assert.equal((await pick(cron())).migrations, "fail");
    state.migrated.push("0002_installation.sql");
    assert.equal((await pick(cron())).migrations, "pass");
  });

  /** @param {string[]} args @returns {Promise<{ code: number | null, output: string }>} */
  function command(...args) {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, [join(PROJECT, "scripts", "main.mjs"), "golive", ...args], { cwd: PROJECT, stdio: ["ignore", "pipe", "inherit"] });
      let output = "";
      child.stdout.on("data", (chunk) => void (output += chunk));
      child.once("close", (code) => resolve({ code, output }));
    });
  }
});
