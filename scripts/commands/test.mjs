import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { build, sizes } from "../build.mjs";
import { PROJECT, WEB } from "../paths.mjs";
import { endDescendants } from "../processes.mjs";
import { browser } from "../setup/browser.mjs";
import { toolchain } from "../setup/toolchain.mjs";
import { closing, countCargo, countNode, countVitest, runAll } from "../suites.mjs";
import { webProgram } from "../web.mjs";

const NODE_SUITES = [
  { name: "workerd", minutes: 10, files: "tests/workerd/**/*.test.mjs" },
  { name: "api", minutes: 10, files: "tests/api/**/*.test.mjs" },
  { name: "deploy", minutes: 45, files: "tests/deploy/**/*.test.mjs" },
];

/**
 * Every test: native, in WebAssembly, on the built Worker, of the web app, of both in a browser, of the API against its
 * description, and of deployments. Words after `--` choose among `native`, `wasm`, `workerd`, `api`, `deploy`, `web` and
 * `browser`.
 */
export default async function test(/** @type {string[]} */ args) {
  const wanted = (/** @type {string} */ name) => args.length === 0 || args.includes(name);
  const tools = await toolchain();
  /** @type {import("../suites.mjs").Suite[]} */
  const suites = [];
  if (wanted("native")) {
    suites.push({
      name: "native",
      program: "cargo",
      args: ["test", "--workspace", "--locked", "--no-fail-fast"],
      env: tools.native,
      count: countCargo,
    });
  }
  if (wanted("wasm") && ["wasm.rs", "wasm"].some((name) => existsSync(join(PROJECT, "tests", name)))) {
    suites.push({
      name: "wasm",
      program: "cargo",
      args: ["test", "--test", "wasm", "--target", "wasm32-unknown-unknown", "--locked"],
      env: tools.wasm,
      count: countCargo,
    });
  }
  if (NODE_SUITES.some(({ name }) => wanted(name))) console.log(`  ${sizes(await build(tools))}`);
  for (const { name, minutes, files } of NODE_SUITES.filter((suite) => wanted(suite.name))) {
    const timeout = `--test-timeout=${minutes * 60_000}`;
    suites.push({ name, program: process.execPath, args: ["--test", "--test-reporter=spec", timeout, files], count: countNode });
  }

  if (wanted("web")) suites.push({ name: "web", ...webProgram("vitest/vitest.mjs", "run"), cwd: WEB, count: countVitest });
  if (wanted("browser")) {
    await build(tools);
    const env = { CHROMIUM: await browser() };
    suites.push({
      name: "browser",
      program: process.execPath,
      args: ["--test", "--test-reporter=spec", "--test-concurrency=1", "--test-timeout=300000", "tests/e2e/**/*.test.mjs"],
      env,
      count: countNode,
    });
  }

  // Every process of the tests inherits the mark: so none can stay behind unseen.
  const run = randomBytes(8).toString("hex");
  const total = await runAll(suites.map((suite) => ({ ...suite, env: { ...process.env, ...suite.env, EDGEKEEP_RUN: run } })));
  const left = endDescendants(run);
  if (left > 0) {
    console.log(`${left} processes of the tests were still running: a test has not stopped what it started`);
    total.failed += 1;
  }
  console.log(`\n${closing(total)}`);
  return total.failed === 0 ? 0 : 1;
}
