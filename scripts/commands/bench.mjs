import { cpus } from "node:os";
import { resolve } from "node:path";
import { started } from "../budget.mjs";
import { build } from "../build.mjs";
import { Problem } from "../process.mjs";
import { sqlite3 } from "../setup/sqlite3.mjs";
import { toolchain } from "../setup/toolchain.mjs";
import { options, usageOf } from "../usage.mjs";

/** Builds, measures and prints one table. */
export default async function bench(/** @type {string[]} */ args) {
  const { words, values, flags } = options("bench", args);
  const [section = "requests", folder, ...more] = words;
  const known = ["requests", "backup", "sentry", "against"].includes(section);
  if (!known || more.length > 0 || (section === "against") !== (folder !== undefined)) {
    throw new Problem(`There is nothing to measure by the name of ${words.join(" ")}`, usageOf("bench").text);
  }
  const seconds = number("seconds", values.seconds ?? "3", 60);
  const sizes = (values.sizes ?? "10,100,1000").split(",").map((size) => number("sizes", size, 10_000));
  // Progress would spoil the one object on standard output.
  if (flags.json) console.log = console.error;

  const tools = await toolchain();
  const built = await build(tools);
  const say = (/** @type {string} */ line) => console.log(line);
  /** @type {Record<string, () => Promise<{ figures: object, table: import("../../bench/bench.mjs").Row[] }>>} */
  const sections = {
    requests: () => requests(tools, built, seconds),
    backup: () => backups(sizes, say),
    sentry: () => reports(seconds, say),
    against: () => against(resolve(folder ?? ""), say),
  };
  const { figures, table } = await /** @type {NonNullable<typeof sections[string]>} */ (sections[section])();
  const machine = `${cpus().length} cores, ${cpus()[0]?.model ?? "?"}, Node ${process.versions.node}`;
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ machine, ...figures, aims: table.filter(({ aim }) => aim) }, null, 2)}\n`);
    return;
  }
  console.log(`\n${machine}\n`);
  const lines = table.map(({ what, value, beside = "", ratio, aim = "", met }) => [
    what,
    value,
    ratio === undefined ? beside : `${ratio.toFixed(2)} of ${beside}`,
    aim && `${aim}: ${met ? "met" : "NOT MET"}`,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  for (const line of lines) console.log(line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd());
}

/** @param {import("../setup/toolchain.mjs").Toolchain} tools @param {import("../build.mjs").Built} built @param {number} seconds */
async function requests(tools, built, seconds) {
  const { measure, rows } = await import("../../bench/bench.mjs");
  const figures = await measure(tools, await started(built), { seconds });
  return { figures, table: rows(figures) };
}

/** @param {number} seconds @param {(line: string) => void} say */
async function reports(seconds, say) {
  const { measure, rows } = await import("../../bench/sentry.mjs");
  const figures = await measure({ seconds, say });
  return { figures: { receivers: figures }, table: rows(figures) };
}

/** @param {string} folder @param {(line: string) => void} say */
async function against(folder, say) {
  const { measure, rows } = await import("../../bench/against.mjs");
  const figures = await measure({ folder, say });
  return { figures: { against: folder, calls: figures }, table: rows(figures) };
}

/** @param {number[]} sizes @param {(line: string) => void} say */
async function backups(sizes, say) {
  const { measure, rows } = await import("../../bench/backup.mjs");
  const figures = await measure({ sizes, sqlite3: await sqlite3(), say });
  return { figures: { sizes: figures }, table: rows(figures) };
}

function number(/** @type {string} */ name, /** @type {string} */ text, /** @type {number} */ most) {
  const value = Number(text);
  if (!(value > 0 && value <= most)) throw new Problem(`--${name} takes numbers up to ${most}, not "${text}"`);
  return value;
}
