// What telling Sentry costs a request: p99 with no receiver configured, and with one that is well, slow, or not there.
//
//     node bench/sentry.mjs [seconds] [rounds]
//
// Rounds take turns, so that what else the machine does meets all of them alike; of each the median round counts.

import { startReceiver } from "../tests/workerd/receiver.mjs";
import { startWorker } from "../tests/workerd/harness.mjs";
import { run } from "./load.mjs";

const seconds = Number(process.argv[2] ?? 2);
const ROUNDS = Number(process.argv[3] ?? 5);
const receiver = await startReceiver();
const slow = await startReceiver();
slow.behave("slow");

/** @type {Record<string, Record<string, string>>} */
const kinds = {
  none: {},
  well: { SENTRY_DSN: receiver.dsn },
  slow: { SENTRY_DSN: slow.dsn },
  down: { SENTRY_DSN: receiver.dsn.replace(String(receiver.port), "1") },
};

/** @type {Record<string, Record<string, number[]>>} */
const p99 = {};
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [kind, vars] of Object.entries(kinds)) {
    const worker = await startWorker({ vars, quiet: true });
    for (const [path, status] of /** @type {[string, number][]} */ ([["/healthz", 200], ["/__debug/error", 500]])) {
      const load = { port: worker.port, pid: worker.pid(), call: () => ({ path }), connections: 8, status };
      await run({ ...load, seconds: 0.5 });
      const figures = await run({ ...load, seconds });
      ((p99[path] ??= {})[kind] ??= []).push(figures.p99);
    }
    await worker.stop();
  }
}
await receiver.stop();
await slow.stop();

const median = (/** @type {number[]} */ list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? NaN;
for (const [path, of] of Object.entries(p99)) {
  const base = median(of.none ?? []);
  for (const [kind, list] of Object.entries(of)) {
    console.log(`${path.padEnd(16)} ${kind.padEnd(5)} p99 ${median(list).toFixed(2)} ms, ${(median(list) / base).toFixed(2)} of none`);
  }
}
