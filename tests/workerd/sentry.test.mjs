// What the built Worker tells Sentry, and that telling it costs nobody anything.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ADDRESS, startWorker } from "./harness.mjs";
import { startReceiver } from "./receiver.mjs";

/** @typedef {import("./harness.mjs").Worker} Worker */
/** @typedef {Awaited<ReturnType<typeof startReceiver>>} Receiver */

const sum = (/** @type {any[]} */ reports) => reports.flatMap((report) => report.discarded_events).reduce((all, { quantity }) => all + quantity, 0);
const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

describe("reports", () => {
  /** @type {Worker} */
  let worker;
  /** @type {Receiver} */
  let receiver;
  before(async () => {
    receiver = await startReceiver();
    worker = await startWorker({ vars: { SENTRY_DSN: receiver.dsn, SENTRY_TRACES_SAMPLE_RATE: "1" } });
  });
  after(async () => {
    await worker.stop();
    await receiver.stop();
    assert.deepEqual(receiver.problems(), []);
  });

  it("a panic is one event with the stack in which it happened", async () => {
    const answer = await worker.fetch("/__debug/panic");
    const { request_id } = await answer.json();
    const events = (await receiver.until("event", 1)).filter(({ tags }) => tags.request_id === request_id);
    assert.equal(events.length, 1);
    const [event] = events;
    assert.equal(event.transaction, "GET /__debug/panic");
    assert.match(event.release, /^edgekeep@\d+\.\d+\.\d+\+\w+$/);
    assert.equal(event.environment, "development");
    const [exception] = event.exception.values;
    assert.equal(exception.type, "panic");
    assert.match(exception.value, /^drill: a deliberate panic \(src\/http\/debug\.rs:\d+\)$/);
    const functions = exception.stacktrace.frames.map((/** @type {any} */ frame) => frame.function);
    assert.ok(functions.some((/** @type {string} */ name) => /edgekeep::http::debug::panic/.test(name)), functions.join("\n"));
    assert.ok(!functions.some((/** @type {string} */ name) => /panicking::panic_fmt|[0-9a-f]{16}\]/.test(name)), functions.join("\n"));
  });

  it("a panic of an object is one event, of the same trace, and the request makes no second", async () => {
    const told = receiver.items("event").length;
    const answer = await worker.fetch("/__debug/panic-in-object");
    const trace = answer.headers.get("traceparent")?.split("-")[1];
    await receiver.until("event", told + 1);
    await pause(300);
    const events = receiver.items("event").slice(told);
    assert.equal(events.length, 1);
    assert.equal(events[0].contexts.trace.trace_id, trace);
    assert.equal(events[0].transaction, "object ThrottleObject");
  });

  it("a panic after the answer and one in cron are events too, and cron checks in and out", async () => {
    const told = receiver.items("event").length;
    await worker.fetch("/__debug/panic-in-background");
    await worker.scheduled("drill");
    await worker.scheduled("0 * * * *");
    const events = (await receiver.until("event", told + 2)).slice(told);
    assert.deepEqual(events.map(({ exception }) => exception.values[0].type), ["panic", "panic"]);
    const checks = await receiver.until("check_in", 4);
    const said = checks.map(({ monitor_slug, status }) => `${monitor_slug} ${status}`).sort();
    assert.deepEqual(said, ["edgekeep-clean-up in_progress", "edgekeep-clean-up ok", "edgekeep-cron error", "edgekeep-cron in_progress"]);
  });

  it("an error of the database is an event with its cause and the statements before", async () => {
    const { access_token } = await (await worker.post("/api/v1/auth/register", { email: "ada@example.com", password: "granite otter lamp 47" })).json();
    const database = await worker.d1;
    await database.prepare("ALTER TABLE users RENAME TO elsewhere").run();
    const told = receiver.items("event").length;
    const answer = await worker.fetch("/api/v1/auth/me", { headers: { authorization: `Bearer ${access_token}` } });
    await database.prepare("ALTER TABLE elsewhere RENAME TO users").run();
    assert.equal(answer.status, 500);
    const [event] = (await receiver.until("event", told + 1)).slice(told);
    const [cause, outer] = event.exception.values;
    assert.equal(cause.type, "database");
    assert.match(cause.value, /no such table/);
    assert.equal(outer.value, "GET /api/v1/auth/me failed");
    const crumbs = event.breadcrumbs.values.map((/** @type {any} */ crumb) => crumb.message);
    assert.ok(crumbs.some((/** @type {string} */ crumb) => crumb.includes("FROM")), crumbs.join("\n"));
  });

  it("a transaction has a span for each call", async () => {
    await worker.post("/api/v1/auth/login", { email: "ada@example.com", password: "granite otter lamp 47" });
    const transactions = await receiver.until("transaction", receiver.items("transaction").length + 1, 2_000);
    const login = transactions.find(({ transaction, name }) => (transaction ?? name) === "POST /api/v1/auth/login");
    const ops = login.spans.map((/** @type {any} */ span) => span.op);
    assert.ok(ops.includes("durable_object") && ops.includes("db.query"), ops.join(" "));
  });

  it("an error is one event with the stack in which it was found", async () => {
    const told = receiver.items("event").length;
    const { request_id } = await (await worker.fetch("/__debug/error")).json();
    await receiver.until("event", told + 1);
    const [event, ...more] = receiver.items("event").filter(({ tags }) => tags.request_id === request_id);
    assert.deepEqual(more, []);
    const functions = event.exception.values.flatMap((/** @type {any} */ { stacktrace }) => stacktrace?.frames ?? []).map((/** @type {any} */ frame) => frame.function);
    // Sentry's order: the innermost is the last, and it is the program's own.
    assert.match(functions.at(-1) ?? "", /edgekeep::http::debug::error/, functions.join("\n"));
    const [line] = await worker.jsonLogs((one) => one["exception.stacktrace"]).then((lines) => lines.filter((one) => one["http.route"] === "/__debug/error"));
    assert.match(line["exception.stacktrace"], /^.*edgekeep::http::debug::error/);
  });

  it("an instance that was aborted is told of by the next", async () => {
    await worker.fetch("/__debug/abort/trap").catch(() => undefined);
    const told = receiver.items("event").length;
    assert.equal((await worker.fetch("/healthz")).status, 200);
    const events = (await receiver.until("event", told + 1)).slice(told);
    assert.equal(events[0]?.exception.values[0].type, "abort");
    assert.ok(events[0].exception.values[0].stacktrace.frames.length > 2);
  });
});

describe("nothing personal", () => {
  it("is in any line or envelope after a whole journey, errors included", async () => {
    const receiver = await startReceiver();
    const worker = await startWorker({ vars: { SENTRY_DSN: receiver.dsn, SENTRY_TRACES_SAMPLE_RATE: "1", LOG_LEVEL: "debug" } });
    try {
      const email = "ada.lovelace+mail@example.com";
      const password = "granite otter lamp 47";
      const text = "The difference between the almost right word and the right word is really a large matter. ".repeat(20);
      const secrets = new Set([email, "ada.lovelace", password, "wrong horse battery", text, text.slice(0, 60), ADDRESS, "203.0.113.0", "Zaphod Beeblebrox"]);
      const keep = (/** @type {any} */ body) => {
        for (const name of ["access_token", "refresh_token"]) if (body[name]) secrets.add(body[name]);
        return body;
      };
      const registered = keep(await (await worker.post("/api/v1/auth/register", { email, password, name: "Zaphod Beeblebrox" })).json());
      await worker.post("/api/v1/auth/login", { email, password: "wrong horse battery" });
      const cookie = await worker.post("/api/v1/auth/login", { email, password, delivery: "cookie" });
      const pair = /__Host-edgekeep_refresh=([^;]+)/.exec(cookie.headers.get("set-cookie") ?? "")?.[1] ?? "";
      assert.ok(pair.length > 20);
      secrets.add(pair);
      keep(await cookie.json());
      const headers = { authorization: `Bearer ${registered.access_token}` };
      await worker.post("/api/v1/ai-tools/detect", { text }, { headers });
      await worker.post("/api/v1/ai-tools/detect", { txt: text }, { headers });
      await worker.fetch("/api/v1/auth/me?token=" + registered.access_token, { headers });
      await worker.fetch(`/nothing/${encodeURIComponent(email)}`, { headers: { cookie: `x=${pair}`, "user-agent": email } });
      keep(await (await worker.post("/api/v1/auth/refresh", { refresh_token: registered.refresh_token })).json());
      const database = await worker.d1;
      for (const table of ["users", "sessions", "refresh_tokens"]) {
        await database.prepare(`ALTER TABLE ${table} RENAME TO elsewhere`).run();
        await worker.fetch("/api/v1/auth/me", { headers });
        await worker.post("/api/v1/auth/register", { email: `x${email}`, password });
        await worker.post("/api/v1/auth/login", { email, password });
        await worker.post("/api/v1/ai-tools/detect", { text }, { headers });
        await worker.scheduled("0 * * * *");
        await database.prepare(`ALTER TABLE elsewhere RENAME TO ${table}`).run();
      }
      for (const path of ["error", "panic", "panic-in-object", "panic-in-background", "abort"]) {
        await worker.fetch(`/__debug/${path}`, { headers: { ...headers, cookie: `x=${pair}` } }).catch(() => undefined);
      }
      await worker.fetch("/healthz");
      await receiver.until("event", 8);
      await pause(500);
      assert.ok(receiver.items("event").length >= 8 && receiver.items("transaction").length >= 10);
      const everything = [...worker.logs().map(({ message }) => message), ...receiver.bodies()];
      for (const secret of secrets) {
        for (const told of everything) assert.ok(!told.includes(secret), `${secret.slice(0, 40)} is in ${told.slice(0, 600)}`);
      }
      assert.deepEqual(receiver.problems(), []);
    } finally {
      await worker.stop();
      await receiver.stop();
    }
  });
});

describe("a receiver in trouble", () => {
  for (const manner of /** @type {const} */ (["slow", 429, 500, "half-way", "down"])) {
    it(`that is ${manner} delays no answer, and what was lost is told afterwards`, async () => {
      const receiver = await startReceiver();
      const dsn = manner === "down" ? receiver.dsn.replace(String(receiver.port), "1") : receiver.dsn;
      const worker = await startWorker({ vars: { SENTRY_DSN: dsn, SENTRY_DEADLINE_MS: "300" } });
      try {
        if (manner !== "down") receiver.behave(manner);
        const waits = [];
        for (let call = 0; call < 30; call += 1) {
          const started = performance.now();
          assert.equal((await worker.fetch("/__debug/error")).status, 500);
          waits.push(performance.now() - started);
        }
        waits.sort((a, b) => a - b);
        assert.ok((waits.at(-2) ?? 0) < 250, `${waits.map(Math.round).join(" ")} ms`);
        if (manner === "down" || manner === "slow") return;
        receiver.behave("well");
        await pause(3_000);
        await worker.fetch("/__debug/error");
        await receiver.until("event", 1);
        await pause(1_000);
        const told = receiver.items("event").length + sum(receiver.items("client_report"));
        // What is refused by 429, one or two at once, the receiver counts.
        const expected = manner === 429 ? [29, 30] : [31];
        assert.ok(expected.includes(told), `${told}`);
      } finally {
        await worker.stop();
        await receiver.stop();
      }
    });
  }

  it("that is slow while 1,000 errors happen within a second or so gets a bounded number of them and the count of the rest", async () => {
    const receiver = await startReceiver();
    const worker = await startWorker({ vars: { SENTRY_DSN: receiver.dsn, SENTRY_DEADLINE_MS: "300" } });
    try {
      receiver.behave("slow");
      const started = performance.now();
      const answers = await Promise.all(Array.from({ length: 1_000 }, () => worker.fetch("/__debug/error").then(({ status }) => status)));
      const took = performance.now() - started;
      assert.deepEqual([...new Set(answers)], [500]);
      const during = receiver.requests();
      assert.ok(during < 60, `${during} requests to the receiver`);
      receiver.behave("well");
      for (let round = 0; round < 30; round += 1) {
        await pause(500);
        await worker.fetch("/__debug/error");
        const told = receiver.items("event").length + sum(receiver.items("client_report"));
        if (told >= 1_000) break;
      }
      const told = receiver.items("event").length + sum(receiver.items("client_report"));
      assert.ok(told >= 1_000 && told <= 1_040, `${told} told of, in ${Math.round(took)} ms`);
      assert.deepEqual(receiver.problems(), []);
    } finally {
      await worker.stop();
      await receiver.stop();
    }
  });
});
