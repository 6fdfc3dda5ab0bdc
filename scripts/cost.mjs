// What an installation costs a month, from Cloudflare's price list and from what each kind of request does.
//
//   node scripts/cost.mjs                 the table of docs/cost.md
//   node scripts/cost.mjs --users 50000   one size, item by item
//   node scripts/cost.mjs --json
//
// Everything that the result rests on stands in the three tables below: prices, work per action, actions per user.

import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";

const MILLION = 1e6;
const BILLION = 1e9;
const GIB = 1024 ** 3;

/** Read on 2026-11-23 at developers.cloudflare.com: workers, durable-objects, d1, r2 (each under platform/pricing). US dollars. */
export const PRICES_OF = "2026-11-23";

/** The Workers Paid plan, with all that it includes. */
const BASE = 5;

/** @typedef {{ what: string, included: number, price: number, per: number, unit: string }} Price dollars `per` units beyond the included ones */

/** @type {Record<Meter, Price>} */
export const PRICES = {
  requests: { what: "Worker requests", included: 10 * MILLION, price: 0.3, per: MILLION, unit: "M" },
  cpu: { what: "Worker CPU", included: 30 * MILLION, price: 0.02, per: MILLION, unit: "M ms" },
  objectRequests: { what: "Durable Object requests", included: MILLION, price: 0.15, per: MILLION, unit: "M" },
  objectSeconds: { what: "Durable Object duration", included: 400_000, price: 12.5, per: MILLION, unit: "M GB-s" },
  objectReads: { what: "Durable Object rows read", included: 25 * BILLION, price: 0.001, per: MILLION, unit: "M" },
  objectWrites: { what: "Durable Object rows written", included: 50 * MILLION, price: 1, per: MILLION, unit: "M" },
  objectBytes: { what: "Durable Object storage", included: 5 * GIB, price: 0.2, per: GIB, unit: "GB" },
  d1Reads: { what: "D1 rows read", included: 25 * BILLION, price: 0.001, per: MILLION, unit: "M" },
  d1Writes: { what: "D1 rows written", included: 50 * MILLION, price: 1, per: MILLION, unit: "M" },
  d1Bytes: { what: "D1 storage", included: 5 * GIB, price: 0.75, per: GIB, unit: "GB" },
  r2Bytes: { what: "R2 storage", included: 10 * GIB, price: 0.015, per: GIB, unit: "GB" },
  r2Writes: { what: "R2 writes", included: MILLION, price: 4.5, per: MILLION, unit: "M" },
  logs: { what: "Log lines kept for 7 days", included: 20 * MILLION, price: 0.6, per: MILLION, unit: "M" },
};

/**
 * @typedef {"requests" | "cpu" | "objectRequests" | "objectSeconds" | "objectReads" | "objectWrites" | "objectBytes" | "d1Reads" | "d1Writes" | "d1Bytes" | "r2Bytes" | "r2Writes" | "logs"} Meter
 * @typedef {Partial<Record<Meter, number>>} Work
 */

/** An object is billed as 128 MB for as long as a call lasts. */
const objectSeconds = (/** @type {number} */ milliseconds) => (0.128 * milliseconds) / 1000;

/** Asking a limiter, a throttle: one object, its row, its alarm. */
const COUNTED = { objectRequests: 1, objectSeconds: objectSeconds(10), objectReads: 12, objectWrites: 3 };
/** A hash in its pool. */
const HASHED = { objectRequests: 1, objectSeconds: objectSeconds(100) };
/** A request as such, with its line in the log. */
const REQUEST = { requests: 1, cpu: 2, logs: 1 };
/** The one query behind an access token: session, account, installation. */
const BEARER = { d1Reads: 3 };

/** Rows written count each index of the table too. @type {Record<string, Work>} */
export const ACTIONS = {
  // A user (3 rows with indexes), a session (4), a token (2); all of it is deleted some day.
  registration: sum(REQUEST, COUNTED, HASHED, { d1Reads: 4, d1Writes: 9 }),
  // Throttle before and after, a hash, a session, a token, and their end.
  login: sum(REQUEST, COUNTED, COUNTED, COUNTED, HASHED, { d1Reads: 8, d1Writes: 6 + 6 }),
  // The old token is marked, the new one and its indexes written, the session moved on; the token's end.
  refresh: sum(REQUEST, COUNTED, { d1Reads: 6, d1Writes: 5 + 3 }),
  // Account, devices, quota, status.
  read: sum(REQUEST, BEARER, { d1Reads: 2 }),
  // The page of the web app as such, handed on from the server of files; what it brings along costs nothing.
  page: REQUEST,
  // 500 words: 2 ms of wasm and the JSON around it; a row of usage.
  detection: sum(REQUEST, BEARER, COUNTED, { cpu: 4, d1Reads: 2, d1Writes: 1 }),
};

/** What one active user does in a month. @type {Record<string, number>} */
export const HABITS = { registration: 0.1, login: 2, refresh: 20, read: 60, page: 20, detection: 30 };

/** What a user and the newest of everything weigh, in bytes: account, three sessions, thirty tokens, a month of usage. */
const USER_BYTES = 6_000;
/** A throttle and three limiters that were used of late; idle ones are emptied by alarm. */
const OBJECT_BYTES = 3 * 16_384;
/** Share of users whose objects are not yet emptied at any moment: those of the last day. */
const AWAKE = 1 / 15;
/** SQL text, compressed, and the 7 daily, 4 weekly and 12 monthly backups. */
const BACKUP = { compression: 0.3, kept: 23, part: 8 * 1024 * 1024 };
/** Probes every 5 minutes, clean-up each hour, one backup a day, whatever the number of users. */
const CRON = { requests: 30 * 24 * 13, d1Reads: 30 * 24 * 13 * 20, d1Writes: 30 * 24 * 13 * 3, cpu: 30 * 24 * 13 * 5 };

/** @param {number} users active in a month @returns {Record<Meter, number>} what is used */
export function usage(users) {
  const work = Object.entries(HABITS).map(([action, times]) => scaled(ACTIONS[action] ?? {}, times * users));
  const d1Bytes = users * USER_BYTES;
  const backup = d1Bytes * BACKUP.compression;
  const stored = {
    d1Bytes,
    objectBytes: users * AWAKE * OBJECT_BYTES,
    r2Bytes: backup * BACKUP.kept,
    r2Writes: 30 * (2 + Math.ceil(backup / BACKUP.part)),
    // A backup reads every row once: some 40 a user.
    d1Reads: 30 * users * 40,
  };
  const total = sum(CRON, stored, ...work);
  return /** @type {Record<Meter, number>} */ (Object.fromEntries(Object.keys(PRICES).map((meter) => [meter, total[/** @type {Meter} */ (meter)] ?? 0])));
}

/** @param {number} users @returns {{ total: number, items: (Price & { used: number, cost: number })[] }} dollars a month */
export function bill(users) {
  const used = usage(users);
  const items = Object.entries(PRICES).map(([meter, price]) => {
    const units = used[/** @type {Meter} */ (meter)];
    return { ...price, used: units, cost: (Math.max(0, units - price.included) / price.per) * price.price };
  });
  return { total: BASE + items.reduce((total, { cost }) => total + cost, 0), items };
}

/** @param {Work[]} works @returns {Work} */
function sum(...works) {
  /** @type {Record<string, number>} */
  const total = {};
  for (const work of works) for (const [meter, amount] of Object.entries(work)) total[meter] = (total[meter] ?? 0) + amount;
  return total;
}

/** @param {Work} work @param {number} factor @returns {Work} */
function scaled(work, factor) {
  return Object.fromEntries(Object.entries(work).map(([meter, amount]) => [meter, amount * factor]));
}

const SIZES = [1_000, 100_000, 10 * MILLION];

/** The table of docs/cost.md. @param {number[]} [sizes] */
export function table(sizes = SIZES) {
  const bills = sizes.map((users) => bill(users));
  const dollars = (/** @type {number} */ amount) => (amount === 0 ? "included" : `$${amount.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`);
  const amount = (/** @type {number} */ used, /** @type {Price} */ { per, unit }) => `${(used / per).toLocaleString("en-US", { maximumSignificantDigits: 3 })} ${unit}`;
  const included = (/** @type {Price} */ price) => `${amount(price.included, price)}, then $${price.price} per ${price.unit}`;
  const rows = (bills[0]?.items ?? []).map((item, at) => [
    item.what,
    included(item),
    ...bills.map(({ items }) => {
      const mine = items[at] ?? item;
      return `${amount(mine.used, mine)}: ${dollars(mine.cost)}`;
    }),
  ]);
  const head = ["a month", "included and price", ...sizes.map((users) => `${users.toLocaleString("en-US")} users`)];
  const foot = ["**together**, with $5 for the plan", "", ...bills.map(({ total }) => `**${dollars(total)}**`)];
  const each = ["per user", "", ...bills.map(({ total }, at) => `$${(total / (sizes[at] ?? 1)).toPrecision(2)}`)];
  const lines = [head, head.map(() => "---"), ...rows, foot, each];
  return `${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { values } = parseArgs({ options: { users: { type: "string" }, json: { type: "boolean", default: false } } });
  const sizes = values.users ? [Number(values.users)] : SIZES;
  if (sizes.some((users) => !(users > 0))) throw new RangeError("--users is a number");
  if (values.json) console.log(JSON.stringify(sizes.map((users) => ({ users, ...bill(users) })), null, 2));
  else process.stdout.write(table(sizes));
}
