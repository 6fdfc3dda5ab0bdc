import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { download, open, resolveId, restoreToCompare } from "../backups.mjs";
import { operator } from "../operator.mjs";
import { Problem, ask } from "../process.mjs";
import { options, usageOf } from "../usage.mjs";
import { wrangler, wranglerEnvironment } from "../wrangler.mjs";

/** Restores a backup into a database, after checking every hash. */
export default async function restore(/** @type {string[]} */ args) {
  const { values, flags } = options("restore", args);
  if (!values.from || !values.to) return void console.log(usageOf("restore").text);
  if (flags.json) console.log = console.error;
  const target = targetOf(values.to, values["persist-to"]);
  const folder = mkdtempSync(join(tmpdir(), "edgekeep-restore-"));
  try {
    const { file, manifest } = await fetched(values, folder);
    const sql = join(folder, "dump.sql");
    await open(file, sql, { manifest, identity: values.identity });
    if (manifest) {
      const problems = await restoreToCompare(sql, manifest);
      if (problems.length > 0) throw new Problem("The backup does not restore to what it should", problems.join("\n"));
      console.log(`  ${manifest.id}, as of ${manifest.as_of}: every hash is right, and it restores`);
      if (manifest.bookmark) console.log(`  Time Travel to that moment: npx wrangler d1 time-travel restore ${target.name} --bookmark=${manifest.bookmark}`);
    }
    const present = rows(target, OBJECTS);
    if (present.length > 0 && !flags.replace) {
      throw new Problem(`The database has ${present.length} tables, views and triggers already`, "Name an empty one, or say --replace: what is in it goes.");
    }
    if (flags["dry-run"]) {
      console.log("  Nothing was written.");
      if (flags.json) process.stdout.write(`${JSON.stringify({ id: manifest?.id ?? null, restored: false, would_replace: present.length })}\n`);
      return;
    }
    if (present.length > 0) {
      const clear = join(folder, "clear.sql");
      writeFileSync(clear, dropping(present));
      console.log("  Emptying the database");
      execute(target, ["--file", clear]);
    }
    console.log("  Loading the dump");
    execute(target, ["--file", sql]);
    // Sessions that were revoked after the backup must not come back to life.
    execute(target, ["--command", `UPDATE installation SET sessions_not_before = ${Date.now()} WHERE id = 1`]);
    for (const { name, rows: wanted } of manifest?.tables ?? []) {
      const [{ n }] = rows(target, `SELECT count(*) AS n FROM "${name.replaceAll('"', '""')}"`);
      if (n !== wanted) throw new Problem(`${name} has ${n} rows after the restore, not ${wanted}`, "Something wrote to the database meanwhile, or the restore failed.");
    }
    console.log("  Restored. Every session from before is dead.");
    if (flags.json) process.stdout.write(`${JSON.stringify({ id: manifest?.id ?? null, restored: true })}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {Record<string, string | undefined>} values @param {string} folder */
async function fetched(values, folder) {
  const from = values.from ?? "";
  if (existsSync(from)) {
    const beside = `${from}.manifest.json`;
    if (!existsSync(beside)) console.log(`  There is no ${beside}: only what gzip itself checks is checked`);
    return { file: from, manifest: existsSync(beside) ? JSON.parse(readFileSync(beside, "utf8")) : undefined };
  }
  const api = await operator({ url: values.url, port: Number(values.port ?? 8787), persist: values["persist-to"] });
  try {
    const file = join(folder, "object");
    const { manifest } = await download(api, await resolveId(api, from), file);
    return { file, manifest };
  } finally {
    await api.end();
  }
}

/** @typedef {{ name: string, where: string[] }} Target */

/** @param {string} to @param {string | undefined} persist @returns {Target} */
function targetOf(to, persist) {
  if (to === "local") return { name: "DB", where: ["--local", ...(persist ? ["--persist-to", persist] : [])] };
  const [, name] = /^remote:([A-Za-z0-9_-]+)$/.exec(to) ?? [];
  if (!name) throw new Problem(`"${to}" is no place to restore to`, "It is `local` or `remote:NAME`.");
  return { name, where: ["--remote"] };
}

/** @param {Target} target @param {string[]} what */
function execute({ name, where }, what) {
  // What it answers is a message to wrangler, which a quieter setting of its user would leave out.
  const env = { ...wranglerEnvironment(process.env), CI: "1", WRANGLER_LOG: "log" };
  const done = ask(process.execPath, wrangler("d1", "execute", name, ...where, "--yes", "--json", ...what), { env, timeout: 3_600_000 });
  if (!done.ok) throw new Problem("wrangler could not do it", `${done.err}\n${done.out}`.slice(-2_000));
  return done.out;
}

/** @param {Target} target @param {string} sql @returns {any[]} */
function rows(target, sql) {
  const out = execute(target, ["--command", sql]);
  return JSON.parse(out.slice(out.indexOf("[")))[0].results;
}

// Triggers and views first; tables in any order, since foreign keys are checked at the end.
function dropping(/** @type {{ type: string, name: string }[]} */ objects) {
  const order = ["trigger", "view", "table"];
  const sorted = [...objects].sort((a, b) => order.indexOf(a.type) - order.indexOf(b.type));
  return ["PRAGMA defer_foreign_keys=TRUE;", ...sorted.map(({ type, name }) => `DROP ${type} IF EXISTS "${name.replaceAll('"', '""')}";`), ""].join("\n");
}

const OBJECTS = `SELECT type, name FROM sqlite_schema WHERE type IN ('table', 'view', 'trigger')
AND substr(name, 1, 4) <> '_cf_' AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name`;
