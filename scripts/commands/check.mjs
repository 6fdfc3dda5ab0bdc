import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { figures, overBudget, started } from "../budget.mjs";
import { build } from "../build.mjs";
import { WEB, npmProgram } from "../paths.mjs";
import { ask } from "../process.mjs";
import { cargoDeny } from "../setup/tools.mjs";
import { toolchain } from "../setup/toolchain.mjs";
import { closing, runAll } from "../suites.mjs";
import { webProgram } from "../web.mjs";
import { wrangler, wranglerEnvironment } from "../wrangler.mjs";

/** All that can be said about the code without running it. */
export default async function check() {
  const tools = await toolchain();
  const deny = await cargoDeny(tools.native);
  const built = await started(await build(tools));
  const bundle = mkdtempSync(join(tmpdir(), "edgekeep-bundle-"));
  const warnings = { RUSTDOCFLAGS: "-D warnings" };
  const cargo = (/** @type {string} */ name, /** @type {NodeJS.ProcessEnv} */ env, /** @type {string[]} */ ...args) => ({ name, program: "cargo", args, env });
  const npm = (/** @type {string} */ name, /** @type {string} */ program, /** @type {string[]} */ ...args) => ({ name, program: npmProgram(program), args });

  /** @type {import("../suites.mjs").Suite[]} */
  const suites = [
    cargo("rustfmt", tools.native, "fmt", "--all", "--check"),
    cargo("clippy", tools.native, "clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"),
    cargo("clippy for wasm32", tools.wasm, "clippy", "--lib", "--target", "wasm32-unknown-unknown", "--locked", "--", "-D", "warnings"),
    cargo("documentation", { ...tools.native, ...warnings }, "doc", "--workspace", "--no-deps", "--document-private-items", "--locked"),
    { name: "licences, bans, sources", program: deny, args: ["--locked", "check", "bans", "licenses", "sources"], env: tools.native },
    npm("eslint", "eslint", "--max-warnings=0", "."),
    npm("types of the scripts", "tsc", "--project", "tsconfig.json"),
    { name: "eslint of the web app", ...webProgram("eslint/bin/eslint.js", "--max-warnings=0", "."), cwd: WEB },
    { name: "types of the web app", ...webProgram("typescript/bin/tsc"), cwd: WEB },
    ...["production", "staging"].map((env) => ({
      name: `deployable to ${env}`,
      program: process.execPath,
      args: wrangler("deploy", "--dry-run", "--outdir", bundle, "--env", env),
      env: wranglerEnvironment({ ...process.env, CI: "1", EDGEKEEP_BUILT: "1" }),
    })),
  ];
  // The database of advisories is a download of its own. Out of its reach nothing can be said, and that is not a failure.
  const advisories = ask(deny, ["fetch", "db"], { env: tools.native, timeout: 120_000 }).ok;
  if (advisories) {
    suites.push({ name: "advisories", program: deny, args: ["--locked", "check", "--disable-fetch", "advisories"], env: tools.native });
  }
  const total = await runAll(suites);
  rmSync(bundle, { recursive: true, force: true });

  if (!advisories) console.log("--   advisories: not checked, their database cannot be reached from here");
  const over = overBudget(built);
  console.log(`${over.length === 0 ? "ok  " : "FAIL"} budget: ${[figures(built), ...over].join(". ")}`);
  total[over.length === 0 ? "passed" : "failed"] += 1;
  console.log(`\n${closing(total)}`);
  return total.failed === 0 ? 0 : 1;
}
