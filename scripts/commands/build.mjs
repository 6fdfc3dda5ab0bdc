import { GZIP_BUDGET, build, recordStartup, sizes } from "../build.mjs";
import { Problem } from "../process.mjs";
import { toolchain } from "../setup/toolchain.mjs";
import { startupTime } from "../startup.mjs";

/** Builds the Worker into `build/`, prints what it weighs and how fast it starts, and refuses one that is too heavy. */
export default async function command(/** @type {string[]} */ args) {
  const built = await build(await toolchain(), { force: args.includes("--force") });
  if (built.startup === undefined) {
    built.startup = await startupTime();
    recordStartup(built, built.startup);
  }
  console.log(`${built.fresh ? "Built" : "Nothing has changed"}: ${sizes(built)}; starts in ${built.startup} ms`);
  if (built.gzip <= GZIP_BUDGET) return;
  const heavy = new Problem("The Worker is over its size budget", "Look at what the last change brought in: `cargo tree`.");
  // Under `npm run dev` a change may be heavy for a while; CI is where the budget holds.
  if (process.env.EDGEKEEP_BUDGET !== "warn") throw heavy;
  console.log(`${heavy.message}. ${heavy.advice}`);
}
