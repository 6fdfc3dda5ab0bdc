import { createInterface } from "node:readline/promises";
import { figures } from "../budget.mjs";
import { build, builtBefore } from "../build.mjs";
import { login } from "../deploy/api.mjs";
import { parse } from "../deploy/options.mjs";
import { holdToContracts, plan, release } from "../deploy/plan.mjs";
import { Rollout } from "../deploy/rollout.mjs";
import { runWrangler } from "../deploy/run.mjs";
import { keptIn } from "../deploy/secrets.mjs";
import { look, origin } from "../deploy/state.mjs";
import { target as targetOf } from "../deploy/target.mjs";
import { Problem } from "../process.mjs";
import { toolchain } from "../setup/toolchain.mjs";

/** From nothing to live, and from one version to the next: see `USAGE`. */
export default async function deploy(/** @type {string[]} */ args) {
  const options = parse(args);
  const target = targetOf(options.env);
  const { api, account } = await login();
  const state = await look(api, account, target);
  const made = plan(target, state);
  const at = options.at ?? origin(target, state);
  const rollout = new Rollout({ target, state, plan: made, options, origin: at });

  print(target, account, made, at, options);
  if (options.dryRun) return void printCalls(made, rollout);
  // Nobody else knows which version of the software is live; one that does not answer is not broken by a migration.
  holdToContracts(target, state, state.live ? await softwareAt(at) : undefined);
  if (!options.yes && !(await agreed())) throw new Problem("Nothing was done", "`--yes` answers for you.");

  const built = options.build ? await build(await toolchain()) : builtBefore();
  if (!built) throw new Problem("Nothing is built yet", "Without `--no-build` it will be.");
  console.log(`  ${figures(built)}`);
  for (const { what, how, calls } of made.prepare) {
    console.log(`  ${what}: ${how}`);
    for (const call of calls) {
      if ("wrangler" in call) await runWrangler(call.wrangler, { account: account.id });
      else await api.put(call.put, call.body);
    }
  }
  await rollout.run(built.commit);
  for (const name of made.secrets) {
    const file = keptIn(name, { account: account.id, worker: target.worker });
    if (file) console.log(`  ${name} is in ${file}, readable by you alone: keep it where you keep passwords.`);
  }
  console.log(`\nLive at ${at}. What is left to look at before people come: npm run golive -- ${at}`);
}

/**
 * @param {import("../deploy/target.mjs").Target} target @param {{ name: string }} account
 * @param {import("../deploy/plan.mjs").Plan} made @param {string} at @param {import("../deploy/options.mjs").Options} options
 */
function print({ release: { version, commit, subject, dirty }, worker, env }, account, made, at, options) {
  const changes = dirty ? ", with changes that are not committed" : "";
  console.log(`\nEdgekeep ${version} (${commit}${changes}: ${subject})\nto ${env}: Worker "${worker}" in the account "${account.name}", at ${at}\n`);
  const row = (/** @type {string} */ sign, /** @type {string} */ what, /** @type {string} */ how) => console.log(`  ${sign} ${what.padEnd(42)} ${how}`);
  for (const what of made.there) row("=", what, "is there");
  for (const { what, how } of made.prepare) row("+", what, how);
  for (const name of made.secrets) row("+", `secret ${name}`, "generate, never shown");
  for (const how of release(made, options.steps)) row(">", `version ${commit}`, how);
  console.log("");
}

/** @param {import("../deploy/plan.mjs").Plan} made @param {Rollout} rollout */
function printCalls(made, rollout) {
  console.log("The calls, in order; nothing was done:");
  for (const { calls } of made.prepare) {
    for (const call of calls) {
      console.log("wrangler" in call ? `  wrangler ${call.wrangler.join(" ")}` : `  PUT ${call.put} ${JSON.stringify(call.body)}`);
    }
  }
  for (const call of rollout.calls()) console.log(`  ${call}`);
}

async function agreed() {
  if (!process.stdin.isTTY) throw new Problem("There is nobody to ask", "`--yes` answers for you.");
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question("Go ahead? [y/N] ");
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** @param {string} at @returns {Promise<string | undefined>} */
async function softwareAt(at) {
  try {
    const response = await fetch(`${at}/healthz`, { signal: AbortSignal.timeout(10_000) });
    const { version } = /** @type {{ version?: string }} */ (await response.json());
    return version;
  } catch {
    return undefined;
  }
}
