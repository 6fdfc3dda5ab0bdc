import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { download, isId, isWhole, open, resolveId, restoreInto } from "../backups.mjs";
import { contents, differences } from "../contents.mjs";
import { readManifest } from "../manifest.mjs";
import { operator } from "../operator.mjs";
import { Problem } from "../process.mjs";
import { parts, percent } from "../progress.mjs";
import { EPOCH, targetOf } from "../target.mjs";
import { markOf, momentOf, timeTravel, toBookmark } from "../timetravel.mjs";
import { options, usageOf } from "../usage.mjs";

/** Restores a backup into a database, after checking every hash. */
export default async function restore(/** @type {string[]} */ args) {
  const { values, flags } = options("restore", args);
  if (flags.json) console.log = console.error;
  const print = (/** @type {object} */ value) => void (flags.json && process.stdout.write(`${JSON.stringify(value)}\n`));
  const moment = momentOf(values.to);
  if (moment) return timeTravel(moment, values, print);
  if (!values.from || !values.to) throw new Problem(`--${values.from ? "to" : "from"} is missing`, usageOf("restore").text);
  const target = targetOf(values.to, values["persist-to"]);
  const folder = mkdtempSync(join(tmpdir(), "edgekeep-restore-"));
  const { DatabaseSync } = await import("node:sqlite");
  const scratch = new DatabaseSync(join(folder, "scratch.db"));
  try {
    const { file, manifest } = await fetched(values, flags["without-manifest"] ?? false, folder);
    const sql = join(folder, "dump.sql");
    await open(file, sql, { manifest, identity: values.identity });
    if (!manifest && !isWhole(sql)) throw new Problem(`${file} is half a dump, or none`, "It does not end as one. A dump of an earlier version needs its manifest.");
    console.log("  Restoring it here, to compare");
    const problems = await restoreInto(scratch, sql, manifest, percent("loaded"));
    if (problems.length > 0) throw new Problem("The backup does not restore to what it should", problems.join("\n"));
    if (manifest) console.log(`  ${manifest.id}, as of ${manifest.as_of}: every hash is right, and it restores`);
    const mark = markOf(manifest?.bookmark);
    if (mark) console.log(`  Time Travel to that moment, in the database that was backed up: ${toBookmark(mark)}`);

    const present = await target.objects();
    if (present.length > 0 && !flags.replace) {
      throw new Problem(`The database has ${present.length} tables, views and triggers already`, "Name an empty one, or say --replace: what is in it goes.");
    }
    const id = manifest?.id ?? null;
    if (flags["dry-run"]) {
      console.log("  Nothing was written.");
      return print({ id, restored: false, would_replace: present.length });
    }
    const epoch = await raiseEpoch(scratch, target, manifest);
    const wanted = manifest ? withEpoch(scratch, manifest) : contents(scratch);
    console.log(present.length > 0 ? "  Replacing the database" : "  Filling the database");
    await target.replace({ scratch, sql, present, epoch, folder });
    const found = await target.contents(wanted);
    const wrong = differences(found, wanted);
    if (wrong.length > 0) throw new Problem("The database is not what was restored", `${wrong.join("\n")}\nSomething wrote to it meanwhile, or the restore failed.`);
    console.log("  Restored and compared. Every session from before is dead.");
    print({ id, restored: true });
  } finally {
    scratch.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {Record<string, string | undefined>} values @param {boolean} without may do without a manifest @param {string} folder */
async function fetched(values, without, folder) {
  const from = values.from ?? "";
  if (existsSync(from) && statSync(from).isFile()) {
    const beside = `${from}.manifest.json`;
    if (existsSync(beside)) return { file: from, manifest: readManifest(readFileSync(beside, "utf8"), { of: from }) };
    if (without) return { file: from, manifest: undefined };
    throw new Problem(`There is no ${beside}`, "It tells whether the file is whole and what was backed up. With --without-manifest it is taken as it is.");
  }
  if (from !== "latest" && !isId(from)) throw new Problem(`There is no file ${from}`, "--from names a file, the id of a backup, or `latest`.");
  const api = await operator({ url: values.url, port: Number(values.port ?? 8787), persist: values["persist-to"] });
  try {
    const file = join(folder, "object");
    const { manifest } = await download(api, await resolveId(api, from), file, parts());
    return { file, manifest };
  } finally {
    await api.end();
  }
}

/**
 * Sessions that were revoked after the backup must not come back to life: none from before now, by any clock that is known.
 * Done before anything is put in place, so that there is no moment in between. Gives the SQL, or nothing where the backup
 * knows no epoch.
 * @param {import("node:sqlite").DatabaseSync} scratch @param {import("../target.mjs").Target} target @param {any} manifest
 */
async function raiseEpoch(scratch, target, manifest) {
  if (!scratch.prepare(EPOCH.known).get()) return "";
  const least = Math.max(Date.now(), await target.epoch(), manifest ? Date.parse(manifest.as_of) + 1 : 0);
  const sql = `UPDATE installation SET sessions_not_before = max(sessions_not_before, ${least}) WHERE id = 1;\n`;
  scratch.exec(sql);
  return sql;
}

/** What the manifest says, but for the table that was changed on purpose. @param {import("node:sqlite").DatabaseSync} scratch @param {any} manifest */
function withEpoch(scratch, manifest) {
  const own = contents(scratch).tables.find(({ name }) => name === "installation");
  const tables = manifest.tables.map((/** @type {import("../contents.mjs").Table} */ table) => (own && table.name === own.name ? own : table));
  return { ...manifest, tables };
}
