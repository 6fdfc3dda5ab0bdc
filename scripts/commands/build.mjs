import { figures, overBudget, started } from "../budget.mjs";
import { build } from "../build.mjs";
import { Problem } from "../process.mjs";
import { toolchain } from "../setup/toolchain.mjs";
import { options } from "../usage.mjs";

/** Builds the Worker into `build/`, prints what it weighs and how fast it starts, and refuses one that is over a budget. */
export default async function command(/** @type {string[]} */ args) {
  const { flags } = options("build", args);
  const { fresh, ...built } = await build(await toolchain(), { force: flags.force });
  // Under `npm run dev` a change may be heavy for a while, and nobody wants to wait for measurements; CI is where it holds.
  const lenient = process.env.EDGEKEEP_BUDGET === "warn";
  const measured = lenient ? built : await started(built);
  console.log(`${fresh ? "Built" : "Nothing has changed"}: ${figures(measured)}`);
  const over = overBudget(measured);
  if (over.length === 0) return;
  const heavy = new Problem(over.join(". "), "Look at what the last change brought in: `cargo tree`, and statics that are made at the start.");
  if (!lenient) throw heavy;
  console.log(`${heavy.message}. ${heavy.advice}`);
}
