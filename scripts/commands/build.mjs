import { build, sizes, GZIP_BUDGET } from "../build.mjs";
import { Problem } from "../process.mjs";
import { toolchain } from "../setup/toolchain.mjs";

/** Builds the Worker into `build/`, prints what it weighs and refuses one that is too heavy. */
export default async function command(/** @type {string[]} */ args) {
  const built = await build(await toolchain(), { force: args.includes("--force") });
  console.log(`${built.fresh ? "Built" : "Nothing has changed"}: ${sizes(built)}`);
  if (built.gzip > GZIP_BUDGET) throw new Problem("The Worker is over its size budget", "Look at what the last change brought in: `cargo tree`.");
}
