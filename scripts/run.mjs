// The door to every command: `node scripts/run.mjs <command> [arguments]`.
//
// It runs under whatever Node the machine has, with nothing installed. It brings in the npm dependencies and hands over
// to the Node that comes with them.

import { join } from "node:path";
import { PROJECT, npmProgram } from "./paths.mjs";
import { Problem, endWithParent, show } from "./process.mjs";
import { npmDependencies, projectNode } from "./setup/npm.mjs";
import { asksForHelp, options, usageOf } from "./usage.mjs";
import { OLDEST_NODE, WRANGLER_NODE } from "./versions.mjs";

const [command = "", ...args] = process.argv.slice(2);

// A deployment has built the Worker and calls wrangler several times, which would have it built again each time.
if (command === "build" && process.env.EDGEKEEP_BUILT) process.exit(0);

try {
  const { text } = usageOf(command);
  if (asksForHelp(args)) {
    console.log(text);
    process.exit(0);
  }
  options(command, args);
  const major = Number(process.versions.node.split(".")[0]);
  if (major < OLDEST_NODE) {
    throw new Problem(`Node ${process.versions.node} is too old`, `Install Node ${OLDEST_NODE} or newer.`);
  }
  process.chdir(PROJECT);
  if (process.env.npm_lifecycle_event) endWithParent();
  await npmDependencies();
  const own = projectNode();
  if (!own && major < WRANGLER_NODE) {
    throw new Problem(
      `Node ${process.versions.node} is too old for wrangler, and the one of the npm dependencies is not there`,
      `Its install script has not run. \`rm -r node_modules\` and try again, or install Node ${WRANGLER_NODE} or newer.`,
    );
  }
  process.exitCode = await show(own ?? process.execPath, [join(PROJECT, "scripts", "main.mjs"), command, ...args], {
    env: { ...process.env, PATH: `${join(npmProgram("x"), "..")}:${process.env.PATH}` },
  });
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  console.error(`\n${error.message}.\n${error.advice ?? ""}`);
  process.exitCode = 1;
}
