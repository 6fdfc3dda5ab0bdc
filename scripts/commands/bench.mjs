import { build, recordStartup } from "../build.mjs";
import { Problem } from "../process.mjs";
import { toolchain } from "../setup/toolchain.mjs";
import { startupTime } from "../startup.mjs";

/** Builds, measures and prints one table; `--json` prints the figures, `--seconds N` sets the length of a round. */
export default async function bench(/** @type {string[]} */ args) {
  const at = args.indexOf("--seconds");
  const seconds = at < 0 ? 3 : Number(args[at + 1]);
  if (!(seconds > 0 && seconds <= 60)) throw new Problem("--seconds takes a number up to 60");
  const json = args.includes("--json");
  // Progress would spoil the one object on standard output.
  if (json) console.log = console.error;

  const tools = await toolchain();
  const built = await build(tools);
  if (built.startup === undefined) recordStartup(built, (built.startup = await startupTime()));
  const { measure, rows } = await import("../../bench/bench.mjs");
  const figures = await measure(tools, built, { seconds });
  const table = rows(figures);
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...figures, aims: table.filter(({ aim }) => aim) }, null, 2)}\n`);
    return;
  }
  console.log(`\n${figures.machine}\n`);
  const lines = table.map(({ what, value, beside = "", ratio, aim = "", met }) => [
    what,
    value,
    ratio === undefined ? beside : `${ratio.toFixed(2)} of ${beside}`,
    aim && `${aim}: ${met ? "met" : "NOT MET"}`,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  for (const line of lines) console.log(line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd());
}
