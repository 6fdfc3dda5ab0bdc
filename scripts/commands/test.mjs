import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { build, sizes } from "../build.mjs";
import { PROJECT } from "../paths.mjs";
import { endDescendants } from "../processes.mjs";
import { toolchain } from "../setup/toolchain.mjs";
import { closing, countCargo, countNode, runAll } from "../suites.mjs";

const NODE_SUITES = [
  { name: "workerd", minutes: 3, files: "tests/workerd/**/*.test.mjs" },
  { name: "deploy", minutes: 20, files: "tests/deploy/**/*.test.mjs" },
];

/**
 * Every test: native, in WebAssembly, on the built Worker, and of deployments. Words after `--` choose some of `native`,
 * `wasm`, `workerd`, `deploy`.
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
