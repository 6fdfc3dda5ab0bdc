// Which addresses there are, as a program without a browser sees them: the pages of the app, its files, and nothing else.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { unstable_readConfig } from "wrangler";
import { PROJECT, WEB } from "../../scripts/paths.mjs";
import { startWorker } from "./harness.mjs";

const PAGES = ["/", "/sign-in", "/register", "/detect", "/account", "/status", "/docs"];
const UNKNOWN = ["/no/such/page", "/detects", "/DETECT", "/detect/more", "/assets/gone-12345678.js", "/assets/", "/favicon.ico", "/.env", "/wp-login.php", "/apis"];

/** A program, and a browser that goes there. @type {Record<string, string>[]} */
const CALLERS = [{}, { "sec-fetch-mode": "navigate", accept: "text/html" }];

describe("the addresses of the web app", () => {
  /** @type {import("./harness.mjs").Worker} */
  let worker;
  before(async () => void (worker = await startWorker({ assets: true })));
  after(() => worker.stop());

  /**
   * As it stands on the wire: no redirect followed, no header added.
   * @param {string} path @param {{ method?: string, headers?: Record<string, string> }} [init]
   * @returns {Promise<{ status: number, headers: import("node:http").IncomingHttpHeaders, body: string }>}
   */
  const get = (path, { method = "GET", headers = {} } = {}) =>
    new Promise((resolve, reject) => {
      const call = request({ host: "127.0.0.1", port: worker.port, path, method, headers }, (answer) => {
        let body = "";
        answer.setEncoding("utf8");
        answer.on("data", (piece) => (body += piece));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
      });
      call.once("error", reject);
      call.end();
    });

  it("every page answers 200, to browsers and to programs", async () => {
    for (const path of PAGES) {
      for (const headers of CALLERS) {
        const { status, headers: got, body } = await get(path, { headers });
        assert.equal(status, 200, path);
        assert.match(got["content-type"] ?? "", /^text\/html/, path);
        assert.match(body, /<div id="root">/, path);
        assert.ok(got["x-request-id"], path);
        assert.equal(got["cache-control"], "public, max-age=0, must-revalidate", path);
      }
      assert.equal((await get(`${path}?from=somewhere`)).status, 200, path);
      assert.equal((await get(path, { method: "HEAD" })).status, 200, path);
    }
  });

  it("there is a file of every page, and of no page that this test does not know", () => {
    const files = readdirSync(join(WEB, "dist")).filter((name) => name.endsWith(".html"));
    assert.deepEqual(files.sort(), [...PAGES.map((path) => `${path.slice(1) || "index"}.html`), "404.html"].sort());
  });

  it("a page that the browser has is not sent again, and HEAD tells its length", async () => {
    for (const path of PAGES) {
      const page = await get(path);
      const { etag } = page.headers;
      const again = await get(path, { headers: { "if-none-match": String(etag) } });
      assert.deepEqual([again.status, again.body, again.headers.etag, again.headers["content-length"]], [304, "", etag, undefined], path);
      const head = await get(path, { method: "HEAD" });
      assert.deepEqual([head.status, head.body, head.headers["content-length"]], [200, "", String(page.body.length)], path);
    }
  });

  it("the Worker answers for all but what every page brings along", async () => {
    const { body } = await get("/");
    const { assets: { run_worker_first: rules } } = /** @type {any} */ (unstable_readConfig({ config: join(PROJECT, "wrangler.toml") }));
    assert.equal(rules[0], "/*");
    for (const rule of rules.slice(1)) assert.ok(rule === "!/assets/*" || body.includes(`"${rule.slice(1)}"`), `${rule} is no file of every page`);
    const brought = [...body.matchAll(/(?:src|href)="(\/[^"]+\.[^"]+)"/g)].map(([, path = ""]) => path).filter((path) => path !== "/openapi.json");
    assert.ok(brought.length > 3);
    for (const path of brought) {
      const { status, headers } = await get(path);
      assert.deepEqual([status, headers["x-request-id"]], [200, undefined], path);
    }
  });

  it("a page has one address", async () => {
    for (const [path, address] of /** @type {const} */ ([["/detect/", "/detect"], ["/detect.html", "/detect"], ["/index.html", "/"], ["/404.html", "/404"]])) {
      const { status, headers } = await get(path);
      assert.equal(status, 307, path);
      assert.equal(headers.location, address, path);
    }
  });

  it("any other address is 404, with the page that says so and every security header", async () => {
    const { body: page } = await get("/");
    for (const path of UNKNOWN) {
      for (const headers of CALLERS) {
        const { status, headers: got, body } = await get(path, { headers });
        assert.equal(status, 404, path);
        assert.match(got["content-type"] ?? "", /^text\/html/, path);
        assert.equal(body, page, `${path}: the app itself, which shows what its address says`);
        assert.equal(got["x-content-type-options"], "nosniff", path);
        assert.match(String(got["content-security-policy"]), /^default-src 'none'/, path);
        assert.doesNotMatch(got["cache-control"] ?? "", /immutable/, path);
        assert.equal(got["x-request-id"] !== undefined, !path.startsWith("/assets/"), path);
      }
    }
  });

  it("the interface stays the Worker's: an unknown address of it is a problem", async () => {
    for (const path of ["/api/unknown", "/api", "/api/", "/api/v1/detect", "/__debug/none", "/healthz/none"]) {
      for (const headers of CALLERS) {
        const { status, headers: got, body } = await get(path, { headers });
        assert.equal(status, 404, path);
        assert.equal(got["content-type"], "application/problem+json", path);
        assert.equal(JSON.parse(body).code, "not_found", path);
      }
    }
  });

  it("files are files: the description of the interface, the icon, robots", async () => {
    for (const [path, type] of /** @type {const} */ ([["/openapi.json", /json/], ["/icon.svg", /svg/], ["/robots.txt", /text\/plain/], ["/theme.js", /javascript/]])) {
      const { status, headers } = await get(path);
      assert.equal(status, 200, path);
      assert.match(headers["content-type"] ?? "", type, path);
    }
  });
});
