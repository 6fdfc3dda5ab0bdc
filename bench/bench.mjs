// Measures the built Worker on workerd itself and prints one table.
//
// Figures of this machine mean little alone, so each stands beside another one that was taken in the same minute: a bare
// Worker, another implementation, native code. Rounds alternate between the two, and the median round counts.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { argon2id } from "hash-wasm";
import { PROJECT } from "../scripts/paths.mjs";
import { Problem, ask, work } from "../scripts/process.mjs";
import { startBare, startWorker } from "../tests/workerd/harness.mjs";
import { median, run } from "./load.mjs";

const ROUNDS = 5;
const MEMORY_KIB = 19_456;
const PASSES = 2;
const LANES = 1;
const PASSWORD = "correct horse battery staple";

/**
 * @typedef {object} Row
 * @property {string} what
 * @property {string} value
 * @property {string} [beside] what it is compared with, and its figure
 * @property {number} [ratio]
 * @property {string} [aim]
 * @property {boolean} [met]
 */

/**
 * @param {import("../scripts/setup/toolchain.mjs").Toolchain} tools
 * @param {import("../scripts/build.mjs").Built} built
 * @param {{ seconds: number }} options of one round
 */
export async function measure(tools, built, { seconds }) {
  // Limits out of the way, and the pool's line long enough; everything else as in production.
  const most = "100000/second";
  const vars = {
    LOGIN_LIMIT: most,
    REGISTER_LIMIT: most,
    DETECT_LIMIT: most,
    // 100,000 words have some 600,000 characters; 100,000 are allowed otherwise.
    DETECT_MAX_CHARS: "1000000",
    HASHER_QUEUE: "256",
    DO_DEADLINE_MS: "30000",
  };
  const worker = await startWorker({ vars, quiet: true });
  const bare = await startBare(readFileSync(join(PROJECT, "bench", "workers", "bare.js"), "utf8"), { quiet: true });
  try {
    const token = await register(worker, "one@example.com");
    const authorization = { authorization: `Bearer ${token}` };
    const me = { path: "/api/v1/auth/me", headers: authorization };
    return {
      ...(await requests(worker, bare, me, seconds)),
      ...(await hashing(worker, tools)),
      logins: await logins(worker, seconds),
      detect: await detection(worker.port, authorization),
      wasm: { raw: built.raw, gzip: built.gzip, start: built.start },
    };
  } finally {
    await Promise.all([worker.stop(), bare.stop()]);
  }
}

/** @typedef {Awaited<ReturnType<typeof measure>>} Figures */

/** @param {Figures} figures @returns {Row[]} */
export function rows(figures) {
  const { bare, query, line, healthz, me, hash, logins: login, detect, wasm } = figures;
  const load = (/** @type {import("./load.mjs").Figures} */ { perSecond, p50, p99, cpu }) =>
    `${perSecond.toFixed(0)}/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms${cpu ? `, ${(cpu * 1000).toFixed(0)} µs of CPU each` : ""}`;
  const of = (/** @type {number} */ value, /** @type {number} */ other) => value / other;
  const ms = (/** @type {number} */ value) => `${value.toFixed(1)} ms`;
  return [
    { what: "bare Worker", value: load(bare) },
    { what: "bare Worker, one query", value: load(query), beside: "bare Worker", ratio: query.ratio },
    { what: "bare Worker, a log line", value: load(line), beside: "bare Worker", ratio: line.ratio },
    atLeast("GET /healthz", load(healthz), "bare Worker", healthz.ratio, 0.8),
    // Ours writes a line for each request; this tells what is left when the other one does too.
    { what: "", value: "", beside: "bare Worker, a log line", ratio: healthz.ofLine },
    atLeast("GET /api/v1/auth/me", load(me), "bare Worker", me.ratio, 0.3),
    // Local D1 is far slower than the Worker, so this tells more of our own share.
    { what: "", value: "", beside: "bare Worker, one query", ratio: me.ofQuery },
    atMost("one password hash", ms(hash.worker), `hash-wasm ${ms(hash.hashWasm)}`, of(hash.worker, hash.hashWasm), 1),
    atMost("one password hash", ms(hash.worker), `native ${ms(hash.native)}`, of(hash.worker, hash.native), 2.5),
    { what: "log-ins, 8 at a time", value: load(login) },
    ...detect.map(({ words, request, computation, ratio }) => ({
      what: `detect ${words} words`,
      value: `${ms(computation)} of computation, ${ms(request)} a request`,
      ...(words > 1000 && { beside: "1000 words, per word", ratio, aim: `at most ${LINEAR}`, met: ratio <= LINEAR }),
      ...timely(words, computation),
    })),
    { what: "wasm", value: `${wasm.raw} bytes, ${wasm.gzip} gzip, starts in ${wasm.start?.ms ?? "?"} ms, a Worker of one line in ${wasm.start?.bare ?? "?"}` },
  ];
}

// What a word may cost in a long text, of what it costs in one of a thousand words.
const LINEAR = 1.5;

/** @type {Record<number, number>} milliseconds of computation at most */
const MILLISECONDS = { 300: 2, 1_000: 5 };

function timely(/** @type {number} */ words, /** @type {number} */ computation) {
  const most = MILLISECONDS[words];
  return most === undefined ? {} : { aim: `at most ${most} ms`, met: computation <= most };
}

/** @returns {Row} */
function atLeast(/** @type {string} */ what, /** @type {string} */ value, /** @type {string} */ beside, /** @type {number} */ ratio, /** @type {number} */ aim) {
  return { what, value, beside, ratio, aim: `at least ${aim}`, met: ratio >= aim };
}

/** @returns {Row} */
function atMost(/** @type {string} */ what, /** @type {string} */ value, /** @type {string} */ beside, /** @type {number} */ ratio, /** @type {number} */ aim) {
  return { what, value, beside, ratio, aim: `at most ${aim}`, met: ratio <= aim };
}

/** @typedef {{ port: number, pid: () => number }} Server */

/** @param {Server} worker @param {Server} bare @param {import("./load.mjs").Call} meCall @param {number} seconds */
async function requests(worker, bare, meCall, seconds) {
  const target = (/** @type {Server} */ { port, pid }, /** @type {import("./load.mjs").Call} */ call) => ({ port, pid: pid(), call: () => call });
  const targets = {
    bare: target(bare, { path: "/healthz" }),
    query: target(bare, { path: "/query" }),
    line: target(bare, { path: "/line" }),
    healthz: target(worker, { path: "/healthz" }),
    me: target(worker, meCall),
  };
  for (const each of Object.values(targets)) await run({ ...each, seconds: 1 });
  /** @typedef {keyof typeof targets} Name */
  /** @type {Record<Name, import("./load.mjs").Figures>[]} */
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.push({
      bare: await run({ ...targets.bare, seconds }),
      query: await run({ ...targets.query, seconds }),
      line: await run({ ...targets.line, seconds }),
      healthz: await run({ ...targets.healthz, seconds }),
      me: await run({ ...targets.me, seconds }),
    });
  }
  // Each round's ratio is taken within the round: the machine may be slower in the next.
  const ratio = (/** @type {Name} */ name, /** @type {Name} */ other) => median(rounds.map((round) => round[name].perSecond / round[other].perSecond));
  const middle = (/** @type {Name} */ name) => medianBy(rounds.map((round) => round[name]), ({ perSecond }) => perSecond);
  return {
    bare: middle("bare"),
    query: { ...middle("query"), ratio: ratio("query", "bare") },
    line: { ...middle("line"), ratio: ratio("line", "bare") },
    healthz: { ...middle("healthz"), ratio: ratio("healthz", "bare"), ofLine: ratio("healthz", "line") },
    me: { ...middle("me"), ratio: ratio("me", "bare"), ofQuery: ratio("me", "query") },
  };
}

/** @param {import("../tests/workerd/harness.mjs").Worker} worker @param {import("../scripts/setup/toolchain.mjs").Toolchain} tools */
async function hashing(worker, tools) {
  const hashers = await worker.objectNamespace("HASHER");
  const job = JSON.stringify({
    password: PASSWORD,
    stored: null,
    salt: Array(16).fill(7),
    cost: { memory_kib: MEMORY_KIB, passes: PASSES, lanes: LANES },
    queue: 16,
    patience_ms: 30_000,
  });
  const post = async (/** @type {string} */ body) => {
    const answer = await hashers.get(hashers.idFromName("bench")).fetch("https://object/hash", { method: "POST", body });
    return { status: answer.status, text: await answer.text() };
  };
  const first = await post(job);
  if (first.status !== 200 || !first.text.includes("$argon2id$")) throw new Problem(`A hasher answered ${first.status}: ${first.text.slice(0, 200)}`);
  // What a call costs without the hash: an invalid job goes the same way and is refused at its end.
  const refused = job.replace(`"memory_kib":${MEMORY_KIB}`, '"memory_kib":1');
  const hashWasm = () => argon2id({ password: PASSWORD, salt: new Uint8Array(16).fill(7), memorySize: MEMORY_KIB, iterations: PASSES, parallelism: LANES, hashLength: 32, outputType: "hex" });
  const [withHash, without, other] = await alternate([() => post(job), () => post(refused), hashWasm], 31);
  return { hash: { worker: median(withHash) - median(without), hashWasm: median(other), native: await nativeHash(tools) } };
}

/** @param {import("../scripts/setup/toolchain.mjs").Toolchain} tools */
async function nativeHash(tools) {
  const cargo = ["--release", "--locked", "--quiet", "-p", "bench-native"];
  if (!(await work("Building Argon2 for this machine", "half a minute, once", "cargo", ["build", ...cargo], { env: tools.native, log: "bench-native" }))) {
    throw new Problem("The native Argon2 could not be built");
  }
  return Number(ask("cargo", ["run", ...cargo], { env: tools.native, timeout: 120_000 }).out);
}

/** @param {import("../tests/workerd/harness.mjs").Worker} worker @param {number} seconds */
async function logins(worker, seconds) {
  const accounts = ["a", "b", "c", "d"].map((name) => `${name}@example.com`);
  for (const email of accounts) await register(worker, email);
  const call = (/** @type {number} */ n) => ({
    method: "POST",
    path: "/api/v1/auth/login",
    headers: { "cf-connecting-ip": `203.0.113.${n % 250}` },
    body: JSON.stringify({ email: accounts[n % accounts.length], password: PASSWORD }),
  });
  return run({ port: worker.port, call, connections: 8, seconds: Math.max(5, seconds), requests: 300 });
}

/** @param {number} port @param {Record<string, string>} headers */
async function detection(port, headers) {
  const request = (/** @type {number} */ words) => ({ method: "POST", path: "/api/v1/ai-tools/detect", headers, body: JSON.stringify({ text: prose(words) }) });
  // A long text leaves the Worker's caches cold for the next, so the short ones have rounds of their own.
  const [short, long] = [[100, 300, 1_000], [10_000, 100_000]];
  const measured = async (/** @type {number[]} */ lengths, /** @type {number} */ rounds) => {
    const calls = lengths.map(request);
    const times = await alternate(calls.map((call) => () => run({ port, call: () => call, connections: 1, requests: 1 })), rounds);
    // The fastest of each: the difference is a few milliseconds, and whatever else the machine does adds to a request.
    return times.map((each) => Math.min(...each));
  };
  // A text of one word takes the same way, without anything to judge.
  const [least = NaN, ...rest] = [...(await measured([1, ...short], 51)), ...(await measured(long, 9))];
  const sizes = [...short, ...long];
  const figures = sizes.map((words, index) => ({ words, request: rest[index] ?? NaN, computation: Math.max(0, (rest[index] ?? NaN) - least) }));
  const usual = (figures.find(({ words }) => words === 1_000)?.computation ?? NaN) / 1_000;
  return figures.map((each) => ({ ...each, ratio: each.computation / each.words / usual }));
}

// Readable English of any length, never twice the same stretch: this project's own documents, sentence by sentence.
export function prose(/** @type {number} */ words) {
  const text = ["ARCHITECTURE.md", "README.md"].map((file) => readFileSync(join(PROJECT, file), "utf8")).join(" ");
  const sentences = text.replace(/[`#|*>\-\s]+/g, " ").split(/(?<=[.!?]) /);
  const out = [];
  for (let n = 0, count = 0; count < words; n += 1) {
    const sentence = sentences[(n * 7 + Math.floor(n / sentences.length)) % sentences.length] ?? "";
    out.push(...sentence.split(" ").filter(Boolean));
    count = out.length;
  }
  return out.slice(0, words).join(" ");
}

/** @param {import("../tests/workerd/harness.mjs").Worker} worker @param {string} email @returns {Promise<string>} */
export async function register(worker, email) {
  const answer = await worker.post("/api/v1/auth/register", { email, password: PASSWORD });
  const body = /** @type {any} */ (await answer.json());
  if (answer.status !== 201) throw new Problem(`register answered ${answer.status}: ${JSON.stringify(body)}`);
  return body.access_token;
}

// Runs each in turn, so that a slow moment of the machine strikes all alike; the first rounds warm up. Garbage is collected
// in between: hash-wasm leaves 19 MiB behind each time, and clearing that away, 20 to 40 ms of this very program, would be
// charged to whoever comes next.
/** @param {(() => Promise<unknown>)[]} bodies @param {number} rounds */
async function alternate(bodies, rounds) {
  /** @type {number[][]} */
  const times = bodies.map(() => []);
  for (let round = -5; round < rounds; round += 1) {
    for (const [index, body] of bodies.entries()) {
      const started = performance.now();
      await body();
      if (round >= 0) times[index]?.push(performance.now() - started);
      collectGarbage();
    }
  }
  return /** @type {[number[], number[], number[]] & number[][]} */ (times);
}

setFlagsFromString("--expose-gc");
/** @type {() => void} */
const collectGarbage = runInNewContext("gc");

/** @template T @param {T[]} items @param {(item: T) => number} by @returns {T} */
function medianBy(items, by) {
  const sorted = [...items].sort((a, b) => by(a) - by(b));
  return /** @type {T} */ (sorted[Math.floor(sorted.length / 2)]);
}
