import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { download, open, resolveId, restoreToCompare } from "../backups.mjs";
import { operator } from "../operator.mjs";
import { Problem, sleep } from "../process.mjs";
import { parts, percent } from "../progress.mjs";
import { options, usageOf } from "../usage.mjs";

/** Backups: make, list, verify, prune, download. */
export default async function backup(/** @type {string[]} */ args) {
  const { words, values, flags } = options("backup", args);
  const [command, id] = words;
  check(words, values);
  if (flags.json) console.log = console.error;
  const print = (/** @type {unknown} */ value) => void (flags.json && process.stdout.write(`${JSON.stringify(value, null, 2)}\n`));
  const api = await operator({ url: values.url, port: Number(values.port ?? 8787), persist: values["persist-to"] });
  try {
    switch (command) {
      case "now":
        return await now(api, print);
      case "list": {
        const listed = await api.json("/backups");
        for (const one of listed.backups) console.log(line(one));
        if (listed.backups.length === 0) console.log("There is no backup yet.");
        return print(listed);
      }
      case "verify":
        return await verify(api, await resolveId(api, id ?? ""), values.identity, print);
      case "prune": {
        const said = await api.json("/backups/prune", { method: "POST", body: JSON.stringify({ dry_run: flags["dry-run"] ?? false }) });
        for (const one of said.backups) console.log(`${one.id}  ${one.stays ? `stays: ${one.reasons.join(", ")}` : said.dry_run ? "would go" : "gone"}`);
        return print(said);
      }
      case "download": {
        const own = await resolveId(api, id ?? "");
        const { manifest, text } = await download(api, own, values.out ?? "", parts());
        // As it lies in the bucket, byte by byte: its digests are of this text.
        writeFileSync(`${values.out}.manifest.json`, text);
        console.log(`${own} is in ${values.out}, every hash is right; its manifest lies beside it`);
        return print({ id: own, file: values.out, bytes: manifest.object.bytes });
      }
    }
  } finally {
    await api.end();
  }
}

// Before any Worker is asked, or started to be asked.
/** @param {string[]} words @param {Record<string, string | undefined>} values */
function check([command = "", id, ...more], values) {
  const takesId = ["verify", "download"].includes(command);
  if (!takesId && !["now", "list", "prune"].includes(command)) throw new Problem(command ? `There is no command ${command}` : "Which command?", usageOf("backup").text);
  const extra = takesId ? more[0] : id;
  if (extra !== undefined) throw new Problem(`${extra} is one word too many`, usageOf("backup").text);
  if (takesId && !id) throw new Problem("Which backup?", "Name its id, or `latest`.");
  if (command === "download" && !values.out) throw new Problem("--out FILE is missing", "Where shall it go?");
}

/** @param {import("../operator.mjs").Operator} api @param {(value: unknown) => void} print */
async function now(api, print) {
  let { run } = await api.json("/backups", { method: "POST" });
  const { id } = run;
  for (let shown = ""; run.id === id && !["done", "failed"].includes(run.phase); ({ run } = await api.json("/backups"))) {
    if (run.phase !== shown) console.log(`  ${run.phase}  ${run.rows} rows, ${run.sql_bytes} bytes of SQL${run.problem ? `  (${run.problem})` : ""}`);
    shown = run.phase;
    await sleep(1_000);
  }
  const { backups } = await api.json("/backups");
  const made = backups.find((/** @type {any} */ one) => one.id === id);
  print({ run, backup: made ?? null });
  if (!made?.verified_at) throw new Problem(`The backup ${id} failed`, run.problem ?? "The Worker's log says why.");
  console.log(line(made));
}

/** @param {import("../operator.mjs").Operator} api @param {string} id @param {string | undefined} identity @param {(value: unknown) => void} print */
async function verify(api, id, identity, print) {
  const folder = mkdtempSync(join(tmpdir(), "edgekeep-verify-"));
  try {
    const { manifest, verified_at } = await download(api, id, join(folder, "object"), parts());
    const readable = !manifest.object.encryption || identity !== undefined;
    let problems = /** @type {string[]} */ ([]);
    if (readable) {
      await open(join(folder, "object"), join(folder, "dump.sql"), { manifest, identity });
      problems = await restoreToCompare(join(folder, "dump.sql"), manifest, percent("loaded"));
    }
    print({ id, verified_at, hashes: "right", restored: readable, problems });
    if (problems.length > 0) throw new Problem(`${id} does not restore to what it should`, problems.join("\n"));
    console.log(readable ? `${id}: every hash is right, and it restores` : `${id}: every hash is right; without --identity it can't be opened`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function line(/** @type {any} */ one) {
  const state = one.verified_at ? `restored ${one.verified_at}` : "NOT RESTORED YET";
  return `${one.id}  ${one.rows} rows  ${one.bytes} bytes${one.encrypted ? ", encrypted" : ""}  ${state}`;
}
