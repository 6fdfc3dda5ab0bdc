// What HTTP clients rely on, at the socket of the built Worker.

import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, describe, it } from "node:test";
import { startWorker } from "./harness.mjs";

// With the web app as in production, where the runtime's router of files stands in front, and without one.
for (const assets of [true, false]) {
  const where = assets ? "with the web app" : "alone";

  describe(`answers on the wire, ${where}`, () => {
    /** @type {import("./harness.mjs").Worker} */
    let worker;
    const origin = "https://app.example.com";
    before(async () => void (worker = await startWorker({ assets, vars: { CORS_ORIGINS: `${origin},https://b.example.com` } })));
    after(() => worker.stop());

    it("have a Content-Length and are not chunked", async () => {
      const answer = await worker.fetch("/healthz");
      const body = await answer.text();
      assert.equal(answer.headers.get("content-length"), String(body.length));
      assert.equal(answer.headers.get("transfer-encoding"), null);
    });

    it("to HEAD have the headers of GET and no body", async () => {
      const answer = await worker.fetch("/healthz", { method: "HEAD" });
      assert.equal(answer.status, 200);
      assert.equal(await answer.text(), "");
    });

    // Most of them are shared between answers: what one answer adds must not be on the next.
    it("carry each header once, however many answers came before", async () => {
      const ids = new Set();
      for (const path of ["/healthz", "/healthz", "/api/v1/auth/me", "/api/nowhere", "/healthz"]) {
        const headers = await rawHeaders(path);
        const names = headers.map(([name]) => name);
        assert.deepEqual(names, [...new Set(names)], path);
        const value = (/** @type {string} */ name) => headers.find(([other]) => other === name)?.[1];
        assert.equal(value("content-security-policy"), "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
        assert.deepEqual(["cache-control", "x-content-type-options", "x-frame-options", "referrer-policy"].map(value), ["no-store", "nosniff", "DENY", "no-referrer"]);
        assert.equal(value("www-authenticate"), path === "/api/v1/auth/me" ? "Bearer" : undefined, path);
        assert.match(value("content-type") ?? "", path === "/healthz" ? /^application\/json$/ : /^application\/problem\+json$/);
        ids.add(value("x-request-id"));
      }
      assert.equal(ids.size, 5);
    });

    it("name the methods of a path when asked for another", async () => {
      const answer = await worker.fetch("/api/v1/auth/login");
      assert.deepEqual([answer.status, answer.headers.get("allow")], [405, "POST,OPTIONS"]);
      assert.equal((await answer.json()).code, "method_not_allowed");
      const options = await worker.fetch("/api/v1/auth/sessions", { method: "OPTIONS" });
      assert.equal(options.status, 204);
      assert.deepEqual(options.headers.get("allow")?.split(",").sort(), ["DELETE", "GET", "HEAD", "OPTIONS"]);
    });

    it("allow one origin of the list, and no other", async () => {
      const preflight = (/** @type {string} */ from) =>
        worker.fetch("/api/v1/auth/login", {
          method: "OPTIONS",
          headers: { origin: from, "access-control-request-method": "POST" },
        });
      const allowed = await preflight(origin);
      assert.equal(allowed.headers.get("access-control-allow-origin"), origin);
      assert.match(allowed.headers.get("access-control-allow-headers") ?? "", /authorization/i);
      const other = await preflight("https://app.example.com.evil.example");
      assert.equal(other.headers.get("access-control-allow-origin"), null);
      assert.match(other.headers.get("vary") ?? "", /origin/i);
    });

    /** Headers as they stand on the wire. @param {string} path @returns {Promise<[string, string][]>} */
    const rawHeaders = (path) =>
      new Promise((resolve, reject) => {
        const call = request({ host: "127.0.0.1", port: worker.port, path }, (answer) => {
          answer.resume();
          const raw = answer.rawHeaders;
          resolve(raw.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), raw[at + 1] ?? ""]] : [])));
        });
        call.on("error", reject);
        call.end();
      });

    /**
     * The path to the letter: fetch and URL would tidy it up.
     * @param {string} method @param {string} path
     * @returns {Promise<{ status: number | undefined, headers: import("node:http").IncomingHttpHeaders, body: string }>}
     */
    const raw = (method, path) =>
      new Promise((resolve, reject) => {
        const call = request({ host: "127.0.0.1", port: worker.port, path, method }, (answer) => {
          let body = "";
          answer.setEncoding("utf8");
          answer.on("data", (piece) => (body += piece));
          answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body }));
        });
        call.on("error", reject);
        call.end();
      });

    const spellings = (/** @type {string} */ path) => [
      `/${path}`,
      path.replace("/v1/", "//v1/"),
      path.replace("/api/", "/api%2F"),
      path.replace("/api/", "/%61pi/"),
      path.replace("/api/", "/API/"),
      path.replace("/api/", "/x/%2e%2e%2fapi/"),
      path.replace("/", "/\\"),
      `${path}/`,
      `${path}%20`,
    ];

    it("s5_do_not_route_other_spellings_of_a_path", async () => {
      const paths = [...spellings("/api/v1/auth/login"), ...spellings("/api/v1/auth/me"), "/healthz/", "/Healthz", "//healthz", "/readyz/", "/api", "/api/", "/__debug/none"];
      for (const path of new Set(paths)) {
        for (const method of ["GET", "POST", "DELETE"]) {
          const { status, headers, body } = await raw(method, path);
          assert.equal(status, 404, `${method} ${path}`);
          assert.equal(headers["content-type"], "application/problem+json", `${method} ${path}`);
          assert.equal(JSON.parse(body).request_id, headers["x-request-id"], `${method} ${path}`);
          assert.equal(headers.location, undefined, `${method} ${path}`);
        }
      }
    });

    it("to a method that an address does not have, or at an address that there is not, are problems", async () => {
      for (const [path, status] of /** @type {const} */ ([["/", assets ? 405 : 404], ["/detect", assets ? 405 : 404], ["/nonsense", 404], ["/healthz", 405]])) {
        for (const method of ["POST", "PUT", "PROPFIND"]) {
          const answer = await raw(method, path);
          const problem = JSON.parse(answer.body);
          assert.deepEqual([answer.status, problem.status], [status, status], `${method} ${path}`);
          assert.equal(problem.request_id, answer.headers["x-request-id"]);
          assert.equal(answer.headers.allow, status === 405 ? "GET,HEAD,OPTIONS" : undefined, `${method} ${path}`);
        }
      }
    });

    it("name a template in the log, whatever the path", async () => {
      await raw("GET", "/a-path/of-nobody");
      await raw("GET", "/api/v1/status");
      const lines = await worker.jsonLogs((line) => line["http.route"] === "/api/v1/status");
      assert.ok(lines.some((line) => line["http.route"] === "/api/v1/status"));
      assert.equal(lines.some((line) => line["http.route"] === "/{*page}"), assets);
      assert.doesNotMatch(JSON.stringify(lines), /of-nobody|nonsense/);
    });

    it("refuse a body that grows past its limit before it ends", async () => {
      const status = await new Promise((resolve, reject) => {
        const call = request(`${worker.url}/api/v1/auth/login`, { method: "POST", headers: { "content-type": "application/json" } });
        call.on("response", (answer) => {
          resolve(answer.statusCode);
          call.destroy();
        });
        call.on("error", reject);
        // Chunked, and never ended by the client.
        call.write(`{"email":"${"a".repeat(64 * 1024)}`);
      });
      assert.equal(status, 413);
    });

    it("set two cookies apart and keep text beyond ASCII whole", async () => {
      const account = { email: "wire@example.com", password: "engine weaves patterns like a loom", name: "Žofie 🦉", delivery: "cookie" };
      const answer = await worker.post("/api/v1/auth/register", account);
      assert.equal(answer.status, 201);
      const cookies = answer.headers.getSetCookie();
      assert.equal(cookies.length, 1);
      assert.match(cookies[0] ?? "", /^__Host-edgekeep_refresh=ekr_[\w-]{43}; Max-Age=\d+; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
      const body = await answer.json();
      assert.equal(body.user.name, "Žofie 🦉");
      assert.equal(body.refresh_token, undefined);
      const refresh = (/** @type {Record<string, string>} */ headers) =>
        worker.fetch("/api/v1/auth/refresh", { method: "POST", headers: { cookie: (cookies[0] ?? "").split(";")[0] ?? "", ...headers } });
      assert.equal((await refresh({})).status, 403, "no Origin");
      assert.equal((await refresh({ origin: "https://evil.example" })).status, 403);
      assert.equal((await refresh({ origin: worker.url })).status, 200);
    });

    it("take no body but an empty one or {} where a route has no input", async () => {
      const token = (await (await worker.post("/api/v1/auth/register", { email: "bodiless@example.com", password: "engine weaves patterns like a loom" })).json()).access_token;
      const logout = async (/** @type {RequestInit} */ init) => (await worker.fetch("/api/v1/auth/logout", { method: "POST", ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } })).status;
      const json = { "content-type": "application/json" };
      assert.equal(await logout({ body: "{{{", headers: json }), 400);
      assert.equal(await logout({ body: "{}" }), 415, "fetch calls a string text/plain");
      assert.equal(await logout({ body: " ".repeat(1_000_000), headers: json }), 413);
      assert.equal(await logout({}), 204);
    });
  });

  describe(`a Worker with a bad configuration, ${where}`, () => {
    const WRONG = ["JWT_SECRET", "DETECT_LIMIT", "BACKUPS", "LIMITER", "SCRATCH"];
    /** @type {import("./harness.mjs").Worker} */
    let worker;
    before(async () => void (worker = await startWorker({ assets, vars: { JWT_SECRET: undefined, DETECT_LIMIT: "ten an hour" }, unbound: ["LIMITER", "SCRATCH", "BACKUPS"] })));
    after(() => worker.stop());

    it("answers 503 on every route and tells the log alone what is wrong", async () => {
      for (const path of ["/", "/detect", "/healthz", "/readyz", "/api/v1/auth/me", "/API/v1/auth/me", "/nowhere", "/robots.txt"]) {
        const answer = await worker.fetch(path);
        assert.ok(answer.headers.get("x-request-id"), path);
        const text = await answer.text();
        assert.equal(answer.status, 503, path);
        assert.equal(JSON.parse(text).code, "misconfigured");
        assert.ok(!/JWT|DETECT/.test(text));
      }
      await worker.scheduled("0 * * * *");
      const lines = await worker.jsonLogs((line) => line.body === "cron");
      const told = lines.filter((line) => line.body === "misconfigured").flatMap((line) => line.problems.map((/** @type {string} */ text) => text.split(":")[0]));
      assert.deepEqual(told, WRONG, "in full, once");
      const requests = lines.filter((line) => line.body === "request");
      assert.equal(requests.length, 8);
      for (const line of [...requests, ...lines.filter(({ body }) => body === "cron")]) {
        assert.deepEqual([line.severity_text, line["error.type"], line.settings], ["ERROR", "misconfigured", WRONG]);
      }
      assert.ok(!JSON.stringify(lines).includes("ten an hour"), "names, never values");
    });
  });
}
