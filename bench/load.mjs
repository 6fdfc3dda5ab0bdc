// A load generator for one HTTP/1.1 address on this machine: keep-alive connections, each with one request at a time.
//
// On bare sockets, since an HTTP client of Node costs more than the Worker it would measure, and both share the machine.

import { connect } from "node:net";
import { computed } from "../scripts/processes.mjs";

/**
 * @typedef {{ method?: string, path: string, headers?: Record<string, string>, body?: string }} Call
 * @typedef {object} Load
 * @property {number} port
 * @property {number} [pid] of the server, to learn what it computes
 * @property {(n: number) => Call} call the n-th request
 * @property {number} [connections]
 * @property {number} [seconds] at most so long,
 * @property {number} [requests] and at most so many
 * @property {number} [status] what every answer must be
 */

/** @typedef {{ requests: number, perSecond: number, p50: number, p99: number, cpu?: number }} Figures milliseconds; `cpu` of one request */

/** @param {Load} load @returns {Promise<Figures>} */
export async function run({ port, pid = 0, call, connections = 16, seconds = 3, requests = 200_000, status = 200 }) {
  /** @type {number[]} */
  const times = [];
  let sent = 0;
  const computedBefore = computed(pid);
  const started = performance.now();
  const deadline = started + seconds * 1000;
  const next = () => (sent < requests && performance.now() < deadline ? call(sent++) : undefined);
  await Promise.all(Array.from({ length: connections }, () => converse(port, next, status, times)));
  const elapsed = (performance.now() - started) / 1000;
  const computedAfter = computed(pid);
  times.sort((a, b) => a - b);
  return {
    requests: times.length,
    perSecond: times.length / elapsed,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    ...(computedBefore !== undefined && computedAfter !== undefined && { cpu: (computedAfter - computedBefore) / times.length }),
  };
}

/** Of numbers in any order. */
export function median(/** @type {number[]} */ values) {
  return quantile([...values].sort((a, b) => a - b), 0.5);
}

/** Of sorted numbers. */
export function quantile(/** @type {number[]} */ sorted, /** @type {number} */ q) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN;
}

// One connection: a request, its whole answer, the next request.
/**
 * @param {number} port @param {() => Call | undefined} next @param {number} status @param {number[]} times
 * @returns {Promise<void>}
 */
function converse(port, next, status, times) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    let received = Buffer.alloc(0);
    let sentAt = 0;
    const send = () => {
      const call = next();
      if (!call) return void socket.end(() => (socket.destroy(), resolve()));
      sentAt = performance.now();
      socket.write(serialise(call));
    };
    socket.once("connect", send);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("the connection was closed within an answer")));
    socket.on("data", (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const answer = complete(received);
      if (!answer) return;
      if (answer.status !== status) return void reject(new Error(`${answer.status}: ${received.toString("latin1").slice(0, 600)}`));
      times.push(performance.now() - sentAt);
      received = received.subarray(answer.length);
      send();
    });
  });
}

/** @param {Call} call */
function serialise({ method = "GET", path, headers = {}, body }) {
  const lines = [`${method} ${path} HTTP/1.1`, "Host: bench", ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  if (body !== undefined) lines.push("Content-Type: application/json", `Content-Length: ${Buffer.byteLength(body)}`);
  return `${lines.join("\r\n")}\r\n\r\n${body ?? ""}`;
}

// The status and the length of the answer at the start of `bytes`, once all of it is there.
function complete(/** @type {Buffer} */ bytes) {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = bytes.toString("latin1", 0, end).toLowerCase();
  const status = Number(head.slice(9, 12));
  const body = end + 4;
  const known = /\r\ncontent-length: *(\d+)/.exec(head);
  if (known) {
    const length = body + Number(known[1]);
    return bytes.length >= length ? { status, length } : undefined;
  }
  if (!head.includes("\r\ntransfer-encoding: chunked")) return { status, length: body };
  for (let at = body; ; ) {
    const line = bytes.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, line), 16);
    at = line + 2 + size + 2;
    if (bytes.length < at) return undefined;
    if (size === 0) return { status, length: at };
  }
}
