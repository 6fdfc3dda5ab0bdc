// Second half of run.mjs, under the project's own Node: runs the command, whose arguments are among the known ones, and prints
// problems as text for people.

import { Problem, endWithParent } from "./process.mjs";

const [command = "", ...args] = process.argv.slice(2);

try {
  endWithParent();
  /** @type {{ default: (args: string[]) => Promise<number | void> }} */
  const { default: run } = await import(`./commands/${command}.mjs`);
  process.exitCode = (await run(args)) ?? 0;
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  console.error(`\n${error.message}.\n${error.advice ?? ""}`);
  process.exitCode = 1;
}
