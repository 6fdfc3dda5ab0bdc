import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { figures, overBudget, started } from "../budget.mjs";
import { build } from "../build.mjs";
import { WEB, npmProgram } from "../paths.mjs";
import { Problem, ask } from "../process.mjs";
import { cargoDeny } from "../setup/tools.mjs";
import { toolchain } from "../setup/toolchain.mjs";
import { closing, runAll } from "../suites.mjs";
import { options } from "../usage.mjs";
import { webProgram } from "../web.mjs";
import { wrangler, wranglerEnvironment } from "../wrangler.mjs";

const ENVIRONMENTS = ["production", "staging"];
/** Those that look at what was built, or at the types that a build makes. */
const OF_THE_BUILD = ["web-eslint", "web-types", ...ENVIRONMENTS, "budget"];
const OF_DENY = ["deny", "advisories"];
const NAMES = ["rustfmt", "clippy", "clippy-wasm", "documentation", "eslint", "types", ...OF_DENY, ...OF_THE_BUILD];

/** All that can be said about the code without running it; words choose among the checks. */
export default async function check(/** @type {string[]} */ args) {
  const { words } = options("check", args);
  const unknown = words.filter((word) => !NAMES.includes(word));
  if (unknown.length > 0) throw new Problem(`There are no checks by the name of ${unknown.join(" ")}`, `It is ${NAMES.join(", ")}.`);
  const wanted = (/** @type {string} */ name) => words.length === 0 || words.includes(name);

  const tools = await toolchain();
  const deny = OF_DENY.some(wanted) ? await cargoDeny(tools.native) : "";
  const built = OF_THE_BUILD.some(wanted) ? await build(tools) : undefined;
  const bundle = mkdtempSync(join(tmpdir(), "edgekeep-bundle-"));
  const warnings = { RUSTDOCFLAGS: "-D warnings" };
  const cargo = (/** @type {string} */ name, /** @type {NodeJS.ProcessEnv} */ env, /** @type {string[]} */ ...cargoArgs) => ({ name, program: "cargo", args: cargoArgs, env });
  const npm = (/** @type {string} */ name, /** @type {string} */ program, /** @type {string[]} */ ...npmArgs) => ({ name, program: npmProgram(program), args: npmArgs });

  /** @type {Record<string, import("../suites.mjs").Suite>} */
  const checks = {
    rustfmt: cargo("rustfmt", tools.native, "fmt", "--all", "--check"),
    clippy: cargo("clippy", tools.native, "clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"),
    "clippy-wasm": cargo("clippy for wasm32", tools.wasm, "clippy", "--lib", "--target", "wasm32-unknown-unknown", "--locked", "--", "-D", "warnings"),
    documentation: cargo("documentation", { ...tools.native, ...warnings }, "doc", "--workspace", "--no-deps", "--document-private-items", "--locked"),
    deny: { name: "licences, bans, sources", program: deny, args: ["--locked", "check", "bans", "licenses", "sources"], env: tools.native },
    eslint: npm("eslint", "eslint", "--max-warnings=0", "."),
    types: npm("types of the scripts", "tsc", "--project", "tsconfig.json"),
    "web-eslint": { name: "eslint of the web app", ...webProgram("eslint/bin/eslint.js", "--max-warnings=0", "."), cwd: WEB },
    "web-types": { name: "types of the web app", ...webProgram("typescript/bin/tsc"), cwd: WEB },
  };
  for (const env of ENVIRONMENTS) {
    const program = wrangler("deploy", "--dry-run", "--outdir", bundle, "--env", env);
    checks[env] = { name: `deployable to ${env}`, program: process.execPath, args: program, env: wranglerEnvironment({ ...process.env, CI: "1", EDGEKEEP_BUILT: "1" }) };
  }
  // The database of advisories is a download of its own. Out of its reach nothing can be said, and that is not a failure.
  const advisories = wanted("advisories") && ask(deny, ["fetch", "db"], { env: tools.native, timeout: 120_000 }).ok;
  if (advisories) {
    checks.advisories = { name: "advisories", program: deny, args: ["--locked", "check", "--disable-fetch", "advisories"], env: tools.native };
  }
  const total = await runAll(Object.entries(checks).flatMap(([name, suite]) => (wanted(name) ? [suite] : [])));
  rmSync(bundle, { recursive: true, force: true });

  if (wanted("advisories") && !advisories) console.log("--   advisories: not checked, their database cannot be reached from here");
  if (built && wanted("budget")) {
    const measured = await started(built);
    const over = overBudget(measured);
    console.log(`${over.length === 0 ? "ok  " : "FAIL"} budget: ${[figures(measured), ...over].join(". ")}`);
    total[over.length === 0 ? "passed" : "failed"] += 1;
  }
  console.log(`\n${closing(total)}`);
  return total.failed === 0 ? 0 : 1;
}
