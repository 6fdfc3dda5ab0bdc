// What runs it when nobody looks: migrations, cron, backups, errors to Sentry. Some of it is seen from outside, some only by
// whoever is logged in to Cloudflare or holds the operator's token.

import { fail, pass, warn } from "../check.mjs";

const HOUR = 3_600_000;
const MINUTE = 60_000;
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
      if (minutes > 130) return fail(`the last run was ${minutes} minutes ago, and one is due each hour`, "`npx wrangler triggers deploy` sets the schedule; the dashboard lists its runs (Workers, Settings, Triggers).");
      return last.ok ? pass(`the last run was ${minutes} minutes ago and went well`) : fail(`the last run, ${minutes} minutes ago, failed`, "Its reason is in the log, and in the table cron_runs.");
    },
  },
  {
    id: "backup",
    title: "The newest backup is fresh and was restored to prove it",
    async run({ client, now, operatorToken }) {
      const backup = (await client.fetch("/readyz")).body?.backup ?? (await newest(client, operatorToken));
      if (!backup) return warn("this version does not say", "Deploy one that makes backups, or ask with OPERATOR_TOKEN set to the installation's.");
      const at = Date.parse(backup.verified_at ?? backup.completed_at ?? backup.last_success_at ?? "");
      if (Number.isNaN(at)) return warn("there is none yet", "The first is made at 03:23 UTC; `npm run backup -- now` makes one at once.");
      const hours = (now.getTime() - at) / HOUR;
      if (hours > 26) return fail(`${Math.round(hours)} hours old`, "`npm run backup -- now`, and look at the log for why none came.");
      return backup.verified_at || backup.verified === true
        ? pass(`${Math.round(hours)} hours old, restored and compared`)
        : fail("it was never restored", "`npm run backup -- verify latest` says why.");
    },
  },
  {
    id: "sentry",
    title: "Errors reach Sentry",
    async run({ client, operatorToken, inside }) {
      const set = inside ? inside.state.secrets.includes("SENTRY_DSN") : undefined;
      if (set === false) return warn("no SENTRY_DSN is set: errors are in the log only", "Put one with `npx wrangler secret put SENTRY_DSN`, if somebody is to be woken.");
      if (!operatorToken) return warn("needs the operator's token", "Run it with OPERATOR_TOKEN in the environment.");
      const answer = await client.fetch("/api/v1/operator/sentry-test", { method: "POST", token: operatorToken });
      if (answer.status === 404) return warn("this version cannot be asked", "Look for an event in Sentry after the next error.");
      return answer.status < 300 && answer.body?.delivered !== false ? pass("a test event was delivered") : fail(`${answer.status} ${answer.text.slice(0, 200)}`, "Is the DSN right, and its project there?");
    },
  },
];

/** @param {import("../check.mjs").Context} context @returns {Promise<"unseen" | undefined | { at: number, ok: boolean }>} */
async function lastRun({ client, inside, operatorToken }) {
  const status = await client.fetch("/api/v1/status");
  const seen = status.status === 200 ? (status.body?.cron ?? status.body?.last_cron) : undefined;
  if (seen?.last_run_at) return { at: Date.parse(seen.last_run_at), ok: seen.ok !== false };
  const runs = operatorToken ? await client.fetch("/api/v1/operator/cron-runs", { token: operatorToken }) : undefined;
  if (runs?.status === 200) {
    const ended = runs.body.runs.find((/** @type {any} */ { outcome }) => outcome !== null);
    return ended && { at: Date.parse(ended.started_at), ok: ended.outcome === "ok" };
  }
  if (!inside) return "unseen";
  const [row] = await inside.query("SELECT started_at, outcome FROM cron_runs WHERE outcome IS NOT NULL ORDER BY started_at DESC LIMIT 1");
  return row && { at: row.started_at, ok: row.outcome === "ok" };
}

/** @param {import("../client.mjs").Client} client @param {string | undefined} token */
async function newest(client, token) {
  if (!token) return undefined;
  const { status, body } = await client.fetch("/api/v1/operator/backups", { token });
  return status === 200 ? (body?.backups?.[0] ?? {}) : undefined;
}
