import { randomBytes } from "node:crypto";
import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { figures } from "../budget.mjs";
import { build } from "../build.mjs";
import { PROJECT, WEB } from "../paths.mjs";
import { endDescendants } from "../processes.mjs";
import { Problem } from "../process.mjs";
import { browser } from "../setup/browser.mjs";
import { toolchain } from "../setup/toolchain.mjs";
import { closing, countCargo, countNode, countVitest, runAll } from "../suites.mjs";
import { webProgram } from "../web.mjs";

const NODE_SUITES = [
  { name: "workerd", minutes: 10, files: "tests/workerd/**/*.test.mjs" },
  { name: "api", minutes: 10, files: "tests/api/**/*.test.mjs" },
  { name: "deploy", minutes: 45, files: "tests/deploy/**/*.test.mjs" },
  { name: "browser", minutes: 5, files: "tests/e2e/**/*.test.mjs" },
];
const SUITES = ["native", "wasm", "web", ...NODE_SUITES.map(({ name }) => name)];

/**
 * Every test: native, in WebAssembly, on the built Worker, of the web app, of both in a browser, of the API against its
 * description, and of deployments. Words after `--` choose among `native`, `wasm`, `workerd`, `api`, `deploy`, `web` and
 * `browser`; `workerd/backup` is the files of one that have the word in their name.
 */
export default async function test(/** @type {string[]} */ args) {
  // A misspelt name that runs nothing must not look like success.
  const unknown = args.filter((word) => !SUITES.includes(word) && filesOf(word).length === 0);
  if (unknown.length > 0) {
    throw new Problem(`There are no tests by the name of ${unknown.join(" ")}`, `It is ${SUITES.join(", ")}, or workerd/backup for one file.`);
  }
  const wanted = (/** @type {string} */ name) => args.length === 0 || args.some((word) => word.split("/")[0] === name);
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
  if (wanted("web")) suites.push({ name: "web", ...webProgram("vitest/vitest.mjs", "run"), cwd: WEB, count: countVitest });
  if (NODE_SUITES.some(({ name }) => wanted(name))) console.log(`  ${figures(await build(tools))}`);
  for (const { name, minutes, files } of NODE_SUITES.filter((suite) => wanted(suite.name))) {
    const parts = args.filter((word) => word.startsWith(`${name}/`));
    const chosen = parts.length > 0 && !args.includes(name) ? parts.flatMap(filesOf) : [files];
    const options = ["--test", "--test-reporter=spec", `--test-timeout=${minutes * 60_000}`];
    // One browser at a time: two of them make each other slow.
    const alone = name === "browser" ? { env: { CHROMIUM: await browser() }, options: ["--test-concurrency=1"] } : { options: [] };
    suites.push({ name, program: process.execPath, env: alone.env, args: [...options, ...alone.options, ...chosen], count: countNode });
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

/** The test files that `suite/part` stands for. */
function filesOf(/** @type {string} */ word) {
  const [name, part] = word.split("/");
  const suite = NODE_SUITES.find((one) => one.name === name);
  return suite && part ? globSync(suite.files, { cwd: PROJECT }).filter((file) => file.split("/").at(-1)?.includes(part)) : [];
}
