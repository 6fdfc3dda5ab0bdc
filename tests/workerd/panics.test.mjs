// Panics and aborts in the built Worker: each is one answer, one line, and nobody else notices.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startWorker } from "./harness.mjs";

/** @typedef {import("./harness.mjs").Worker} Worker */

const isPanic = (/** @type {any} */ line) => line["exception.type"] === "panic";

describe("a development Worker", () => {
  /** @type {Worker} */
  let worker;
  before(async () => void (worker = await startWorker({ vars: { LOGIN_LIMIT: "1000/minute" } })));
  after(() => worker.stop());

  const login = (/** @type {number} */ n) => worker.post("/api/v1/auth/login", { email: `nobody${n}@example.com`, password: "wrong horse battery" });

  // Requests that are under way when the fault happens: some that compute in objects, some that ask the database.
  const beside = async (/** @type {() => Promise<any>} */ fault) => {
    const earlier = Array.from({ length: 3 }, (_, n) => login(n));
    const ready = worker.fetch("/readyz?beside");
    const answer = await fault();
    const statuses = (await Promise.all([...earlier, ready])).map(({ status }) => status);
    assert.deepEqual(statuses, [401, 401, 401, 200]);
    return answer;
  };

  it("answers a panic with a 500 that has the request id, while others go on", async () => {
    const answer = await beside(() => worker.fetch("/__debug/panic"));
    assert.equal(answer.status, 500);
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    const problem = await answer.json();
    assert.equal(problem.code, "internal");
    assert.equal(problem.request_id, answer.headers.get("x-request-id"));
    const lines = await worker.jsonLogs((line) => line.request_id === problem.request_id);
    const own = lines.filter((line) => line.request_id === problem.request_id);
    assert.equal(own.length, 1);
    assert.equal(own[0]["exception.message"], "drill: a deliberate panic");
    assert.match(own[0]["code.location"], /^src\/http\/debug\.rs:\d+$/);
    assert.match(own[0]["exception.stacktrace"], /edgekeep::http::debug::panic/);
  });

  it("stays the instance that it was through 50 panics at once", async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => worker.fetch("/__debug/panic")));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [500]);
    assert.equal((await worker.fetch("/healthz")).status, 200);
    assert.ok(!worker.logs().some(({ message }) => message.includes("Reinitializing")));
  });

  it("logs nothing of a panic but its one line", async () => {
    const count = worker.logs().length;
    await worker.fetch("/__debug/panic");
    await new Promise((resolve) => setTimeout(resolve, 300));
    const added = worker.logs().slice(count);
    assert.equal(added.length, 1, added.map(({ message }) => message).join("\n"));
  });

  it("answers a panic of a Durable Object with a 500, and the object goes on", async () => {
    const answer = await beside(() => worker.fetch("/__debug/panic-in-object"));
    assert.equal(answer.status, 500);
    const problem = await answer.json();
    assert.equal(problem.code, "internal");
    const lines = await worker.jsonLogs((line) => line.body === "object");
    const [panic, ...more] = lines.filter((line) => line.body === "object");
    assert.deepEqual(more, []);
    assert.equal(panic["exception.type"], "panic");
    const [request] = lines.filter((line) => line.request_id === problem.request_id);
    assert.equal(panic.trace_id, request.trace_id, "both are of one trace");
    assert.equal(panic.parent_span_id, request.span_id);
    assert.equal((await worker.fetch("/__debug/panic-in-object")).status, 500, "and again");
  });

  it("tells of a panic after the answer", async () => {
    const answer = await beside(() => worker.fetch("/__debug/panic-in-background"));
    assert.equal(answer.status, 204);
    const id = answer.headers.get("x-request-id");
    const lines = await worker.jsonLogs((line) => line.body === "background");
    const own = lines.filter((line) => line.request_id === id);
    assert.deepEqual(own.map((line) => line.body).sort(), ["background", "request"]);
    assert.ok(own.some(isPanic));
  });

  it("records a cron run that panics as failed", async () => {
    await beside(() => worker.scheduled("drill"));
    const database = await worker.d1;
    const run = await database.prepare("SELECT outcome, detail FROM cron_runs ORDER BY started_at DESC").first();
    assert.deepEqual({ ...run }, { outcome: "error", detail: "internal: drill: a deliberate panic" });
    const lines = (await worker.jsonLogs((line) => line.body === "cron")).filter((line) => line.body === "cron");
    assert.equal(lines.length, 1);
    assert.ok(isPanic(lines[0]));
  });

  it("answers an error with a 500", async () => {
    const answer = await beside(() => worker.fetch("/__debug/error"));
    assert.equal(answer.status, 500);
    assert.equal((await answer.json()).code, "internal");
  });
});

for (const how of ["trap", "stack", "memory"]) {
  describe(`an instance that ends by ${how}`, () => {
    /** @type {Worker} */
    let worker;
    before(async () => void (worker = await startWorker()));
    after(() => worker.stop());

    it("is followed by one that works and tells of it", async () => {
      assert.equal((await worker.fetch("/healthz")).status, 200);
      const ended = await worker.fetch(`/__debug/abort/${how}`).then(({ status }) => status, () => 0);
      assert.ok(ended === 0 || ended >= 500, `${ended}`);
      for (let call = 0; call < 3; call += 1) assert.equal((await worker.fetch("/readyz")).status, 200);
      const lines = await worker.jsonLogs((line) => line.body === "abort");
      const told = lines.filter((line) => line.body === "abort");
      assert.equal(told.length, 1, worker.logs().map(({ message }) => message).join("\n"));
      assert.match(told[0]["exception.stacktrace"], /drill|abort/);
    });
  });
}

describe("a production Worker", () => {
  /** @type {Worker} */
  let worker;
  before(async () => void (worker = await startWorker({ vars: { ENVIRONMENT: "production" } })));
  after(() => worker.stop());

  it("has no faults on command", async () => {
    for (const path of ["error", "panic", "abort", "abort/stack", "panic-in-object", "panic-in-background"]) {
      assert.equal((await worker.fetch(`/__debug/${path}`)).status, 404, path);
      assert.equal((await worker.fetch(`/__debug/${path}`, { method: "POST" })).status, 404, path);
    }
  });
});
