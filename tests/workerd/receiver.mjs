// A small HTTP server on loopback that stands for Sentry: takes envelopes, holds each to the documented format
// (https://develop.sentry.dev/sdk/data-model/envelopes/), and can be in trouble on command.

import { createServer } from "node:http";

const TYPES = new Set(["event", "transaction", "check_in", "client_report"]);
const KEY = "0123456789abcdef0123456789abcdef";
const PROJECT = "42";

/** @typedef {{ header: any, items: { header: any, payload: any }[] }} Envelope */
/** @typedef {"well" | "slow" | 429 | 500 | "half-way"} Manner */

export async function startReceiver() {
  /** @type {string[]} */
  const bodies = [];
  /** @type {string[]} */
  const problems = [];
  /** @type {Manner} */
  let manner = "well";
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    /** @type {Buffer[]} */
    const chunks = [];
    request.on("data", (chunk) => {
      chunks.push(chunk);
      if (manner === "half-way") request.socket.destroy();
    });
    request.on("end", () => {
      if (manner === "half-way") return;
      if (manner === 429) return void response.writeHead(429, { "retry-after": "1", "x-sentry-rate-limits": "1:error;transaction;monitor:key" }).end();
      if (manner === 500) return void response.writeHead(500).end();
      const body = Buffer.concat(chunks).toString("utf8");
      try {
        checkRequest(request);
        parse(body);
        bodies.push(body);
      } catch (error) {
        problems.push(`${String(error)}\n${body.slice(0, 2_000)}`);
      }
      const answer = () => response.writeHead(200, { "content-type": "application/json" }).end("{}");
      if (manner === "slow") setTimeout(answer, 30_000).unref();
      else answer();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const envelopes = () => bodies.map(parse);
  return {
    dsn: `http://${KEY}@127.0.0.1:${port}/${PROJECT}`,
    port,
    bodies: () => [...bodies],
    problems: () => [...problems],
    requests: () => requests,
    envelopes,
    /** Payloads of the items of a type. @param {string} type @returns {any[]} */
    items: (type) => envelopes().flatMap(({ items }) => items.filter(({ header }) => header.type === type).map(({ payload }) => payload)),
    behave: (/** @type {Manner} */ next) => void (manner = next),
    /** Waits until there are so many items of a type. @param {string} type @param {number} count */
    async until(type, count, within = 5_000) {
      const deadline = Date.now() + within;
      for (;;) {
        const found = this.items(type);
        if (found.length >= count || Date.now() > deadline) return found;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve(undefined));
      }),
  };
}

/** @param {import("node:http").IncomingMessage} request */
function checkRequest(request) {
  const must = (/** @type {boolean} */ holds, /** @type {string} */ what) => {
    if (!holds) throw new Error(what);
  };
  must(request.method === "POST", `method ${request.method}`);
  must(request.url === `/api/${PROJECT}/envelope/`, `path ${request.url}`);
  must(request.headers["content-type"] === "application/x-sentry-envelope", `type ${request.headers["content-type"]}`);
  const auth = String(request.headers["x-sentry-auth"]);
  must(new RegExp(`^Sentry sentry_version=7, sentry_client=edgekeep/[\\d.]+, sentry_key=${KEY}$`).test(auth), `auth ${auth}`);
}

/** @param {string} text @returns {Envelope} */
export function parse(text) {
  const bytes = Buffer.from(text);
  const line = (/** @type {number} */ from) => {
    const end = bytes.indexOf(10, from);
    if (end < 0) throw new Error("a header does not end");
    return { json: JSON.parse(bytes.toString("utf8", from, end)), next: end + 1 };
  };
  const first = line(0);
  const header = first.json;
  if (!header.dsn || Number.isNaN(Date.parse(header.sent_at))) throw new Error(`header ${JSON.stringify(header)}`);
  /** @type {Envelope["items"]} */
  const items = [];
  for (let at = first.next; at < bytes.length; ) {
    const item = line(at);
    if (!TYPES.has(item.json.type)) throw new Error(`type ${item.json.type}`);
    const end = item.next + item.json.length;
    if (!Number.isInteger(item.json.length) || end > bytes.length) throw new Error("length");
    if (end < bytes.length && bytes[end] !== 10) throw new Error("a payload is longer than it says");
    items.push({ header: item.json, payload: JSON.parse(bytes.toString("utf8", item.next, end)) });
    at = end + 1;
  }
  items.forEach(({ header: { type }, payload }) => checkPayload(type, payload, header));
  const main = items.filter(({ header: { type } }) => type === "event" || type === "transaction");
  if (main.length > 1) throw new Error("more than one event in an envelope");
  return { header, items };
}

/** @param {string} type @param {any} payload @param {any} header */
function checkPayload(type, payload, header) {
  const must = (/** @type {unknown} */ holds, /** @type {string} */ what) => {
    if (!holds) throw new Error(`${type}: ${what}: ${JSON.stringify(payload).slice(0, 500)}`);
  };
  const isId = (/** @type {unknown} */ id, /** @type {number} */ digits) => typeof id === "string" && new RegExp(`^[0-9a-f]{${digits}}$`).test(id);
  if (type === "event" || type === "transaction") {
    must(isId(header.event_id, 32), "event_id of the header");
    must(String(payload.event_id).replaceAll("-", "") === header.event_id, "event_id");
    must(isId(payload.contexts?.trace?.trace_id, 32) && isId(payload.contexts.trace.span_id, 16), "trace context");
    must(typeof payload.release === "string" && typeof payload.environment === "string", "release, environment");
    must(typeof payload.timestamp === "number" || !Number.isNaN(Date.parse(payload.timestamp)), "timestamp");
  }
  if (type === "event") {
    must(Array.isArray(payload.exception?.values) && payload.exception.values.length > 0, "exception");
    for (const exception of payload.exception.values) {
      must(typeof exception.type === "string" && typeof exception.value === "string", "type and value");
      for (const frame of exception.stacktrace?.frames ?? []) must(typeof frame.function === "string", "frame");
    }
  }
  if (type === "transaction") {
    must(typeof payload.start_timestamp === "number" && Array.isArray(payload.spans), "start and spans");
    for (const span of payload.spans) {
      must(isId(span.span_id, 16) && span.trace_id === payload.contexts.trace.trace_id && span.op, "span");
      must(span.parent_span_id === payload.contexts.trace.span_id, "parent");
    }
  }
  if (type === "check_in") {
    must(isId(payload.check_in_id, 32) && /^[a-z0-9_-]{1,50}$/.test(payload.monitor_slug), "id, slug");
    must(["in_progress", "ok", "error"].includes(payload.status), "status");
    must(payload.monitor_config?.schedule?.type === "crontab" && payload.monitor_config.timezone === "UTC", "schedule");
  }
  if (type === "client_report") {
    must(!Number.isNaN(Date.parse(payload.timestamp)), "timestamp");
    for (const { reason, category, quantity } of payload.discarded_events) {
      must(["queue_overflow", "network_error", "send_error", "ratelimit_backoff"].includes(reason), "reason");
      must(["error", "transaction", "monitor"].includes(category) && quantity > 0, "category, quantity");
    }
  }
}
