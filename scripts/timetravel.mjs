// To a moment between two backups: D1 Time Travel does that, and it takes a command that only the account's owner runs.

import { operator } from "./operator.mjs";
import { Problem } from "./process.mjs";

/** The moment that `--to` names; nothing when it names none. @param {string | undefined} to */
export function momentOf(to) {
  if (!to || !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(to)) return undefined;
  const time = Date.parse(/(Z|[+-]\d{2}:?\d{2})$/.test(to) ? to : `${to}Z`);
  if (Number.isNaN(time)) throw new Problem(`"${to}" is no time`, "One in UTC looks like 2026-11-25T12:00:00Z.");
  if (time > Date.now()) throw new Problem(`${to} is yet to come`);
  return new Date(time);
}

/** A bookmark with which D1 can travel: on this machine it knows one of zeros, and no Time Travel. @param {string | null | undefined} bookmark */
export function markOf(bookmark) {
  return bookmark && /[^0-]/.test(bookmark) ? bookmark : null;
}

/** The command that goes to a bookmark, which is one of the database that was backed up. @param {string} mark */
export function toBookmark(mark) {
  return `${TRAVEL} --bookmark=${mark}`;
}

const TRAVEL = "npx wrangler d1 time-travel restore DB --env production";

/**
 * Prints how to get there: straight, and by the bookmark of the last backup before.
 * @param {Date} moment @param {Record<string, string | undefined>} values options of the command @param {(value: object) => void} print
 */
export async function timeTravel(moment, values, print) {
  const api = await operator({ url: values.url, port: Number(values.port ?? 8787), persist: values["persist-to"] });
  const { backups } = await api.json("/backups").finally(() => api.end());
  const before = backups.filter((/** @type {any} */ one) => one.verified_at && Date.parse(one.as_of) <= moment.getTime()).at(-1);
  const timestamp = `${TRAVEL} --timestamp=${moment.toISOString()}`;
  const mark = markOf(before?.bookmark);
  const bookmark = mark && toBookmark(mark);
  const ending = `npx wrangler d1 execute DB --remote --env production --command "UPDATE installation SET sessions_not_before = max(sessions_not_before, unixepoch() * 1000)"`;
  console.log(`  A moment between two backups is for D1 Time Travel, which keeps 30 days (7 on the free plan) and goes back in place:

    ${timestamp}
`);
  if (before) console.log(`  The last backup before is ${before.id}, as of ${before.as_of}${bookmark ? `:\n\n    ${bookmark}\n` : "; it has no bookmark, for where it was made there is no Time Travel."}`);
  else console.log("  There is no verified backup before it.");
  console.log(`  Then end every session, or those that were revoked since come back:

    ${ending}

  Nothing was done.`);
  print({ restored: false, timestamp: moment.toISOString(), before: before?.id ?? null, bookmark: mark, commands: [bookmark, timestamp].filter(Boolean), then: ending });
}
