// What runs it when nobody looks: migrations, cron, backups, errors to Sentry. Some of it is seen from outside, some only by
// whoever is logged in to Cloudflare or holds the operator's token.

import { randomUUID } from "node:crypto";
import { fail, pass, warn } from "../check.mjs";

const HOUR = 3_600_000;
const MINUTE = 60_000;
/** Minutes after which an hourly run has been missed twice. */
const HOURLY = 130;
const LOGIN = "`npx wrangler login` and run it again: then the account can be looked into.";

/** @type {import("../check.mjs").Check[]} */
export const operations = [
  {
    id: "migrations",
    title: "All migrations are applied",
    run({ inside }) {
      if (!inside) return warn("not seen from outside", LOGIN);
      const { target, state } = inside;
      const pending = target.database.migrations.map(({ file }) => file).filter((file) => !state.migrated.includes(file));
      if (pending.length > 0) return fail(`not applied: ${pending.join(", ")}`, "`npm run deploy`");
      return pass(`${state.migrated.length} of ${target.database.migrations.length}`);
    },
  },
  {
    id: "cron",
    title: "Cron is alive",
    async run(context) {
      const last = await lastRun(context);
      if (last === "unseen") return warn("not seen from outside", LOGIN);
      if (last === undefined) return warn("no run is on record yet", "The first comes at the next full hour: look again then.");
      const minutes = Math.round((context.now.getTime() - last.at) / MINUTE);
      if (minutes > last.each) return fail(`the last run was ${minutes} minutes ago, and the next one is late`, "`npx wrangler triggers deploy` sets the schedule; the dashboard lists its runs (Workers, Settings, Triggers).");
      return last.ok ? pass(`the last run was ${minutes} minutes ago and went well`) : fail(`the last run, ${minutes} minutes ago, failed`, "Its reason is in the log, and in the table cron_runs.");
    },
  },
  {
    id: "backup",
    title: "The newest backup is fresh and was restored to prove it",
    async run({ client, now, operatorToken }) {
      const { checks, last_backup: last } = (await client.fetch("/readyz")).body ?? {};
      if (!checks) return warn("/readyz does not say", "Look at what `/readyz` answers.");
      if (last) {
        const hours = Math.round((now.getTime() - Date.parse(last.at)) / HOUR);
        if (hours > 26) return fail(`${hours} hours old`, "`npm run backup -- now`, and look at the log for why none came.");
        return pass(`${hours} hours old, restored and compared`);
      }
      if ((await complete(client, operatorToken)) > 0) return fail("none was ever restored", "`npm run backup -- verify ID` says why.");
      return warn("there is none yet", "The first is made at 03:23 UTC; `npm run backup -- now` makes one at once.");
    },
  },
  {
    id: "sentry",
    title: "Errors reach Sentry",
    async run({ inside, now, env }) {
      // Secrets and plain variables both count; their values stay where they are.
      const set = inside ? inside.state.secrets.includes("SENTRY_DSN") : undefined;
      if (set === false) return warn("no SENTRY_DSN is set: errors are in the log only", "Put one with `npx wrangler secret put SENTRY_DSN`, if somebody is to be woken.");
      const dsn = process.env.SENTRY_DSN;
      if (!dsn) return warn(`${set ? "SENTRY_DSN is set" : "not seen from outside"}; nothing was sent`, "Run it with the same SENTRY_DSN in the environment: then a test event is sent there.");
      const { status, text } = await testEvent(dsn, env, now);
      return status === 200 ? pass("a test event was taken; it is called \"Go-live check\"") : fail(`Sentry answers ${status} ${text.slice(0, 200)}`, "Is the DSN right, and is its project there and within its quota?");
    },
  },
];

/** @param {import("../check.mjs").Context} context @returns {Promise<"unseen" | undefined | { at: number, ok: boolean, each: number }>} `each`: minutes after which the next one is late */
async function lastRun({ client, inside, operatorToken }) {
  const status = await client.fetch("/api/v1/status");
  /** @type {number[]} */
  const probes = (status.body?.parts ?? []).flatMap((/** @type {any} */ { probed_at }) => (probed_at ? [Date.parse(probed_at)] : []));
  // Probes run each five minutes, and record what they find: that they run is what counts here.
  if (probes.length > 0) return { at: Math.max(...probes), ok: true, each: 16 };
  const runs = operatorToken ? await client.fetch("/api/v1/operator/cron-runs", { token: operatorToken }) : undefined;
  if (runs?.status === 200) {
    const ended = runs.body.runs.find((/** @type {any} */ { outcome }) => outcome !== null);
    return ended && { at: Date.parse(ended.started_at), ok: ended.outcome === "ok", each: HOURLY };
  }
  if (!inside) return "unseen";
  const [row] = await inside.query("SELECT started_at, outcome FROM cron_runs WHERE outcome IS NOT NULL ORDER BY started_at DESC LIMIT 1");
  return row && { at: row.started_at, ok: row.outcome === "ok", each: HOURLY };
}

/** How many backups are in the bucket, as far as one may ask. @param {import("../client.mjs").Client} client @param {string | undefined} token */
async function complete(client, token) {
  if (!token) return 0;
  const { status, body } = await client.fetch("/api/v1/operator/backups", { token });
  return status === 200 ? (body?.backups?.length ?? 0) : 0;
}

/** What the Worker would send: an envelope with one event. @param {string} dsn @param {string} environment @param {Date} now */
async function testEvent(dsn, environment, now) {
  const { protocol, host, username, pathname } = new URL(dsn);
  const at = pathname.lastIndexOf("/");
  const url = `${protocol}//${host}${pathname.slice(0, at)}/api/${pathname.slice(at + 1)}/envelope/`;
  const id = randomUUID().replaceAll("-", "");
  const event = { event_id: id, timestamp: now.getTime() / 1000, platform: "other", level: "info", environment, message: "Go-live check" };
  const lines = [{ event_id: id, sent_at: now.toISOString() }, { type: "event" }, event].map((line) => JSON.stringify(line));
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/x-sentry-envelope", "x-sentry-auth": `Sentry sentry_version=7, sentry_client=edgekeep-golive/1, sentry_key=${username}` },
    body: `${lines.join("\n")}\n`,
    signal: AbortSignal.timeout(10_000),
  });
  return { status: response.status, text: await response.text() };
}
