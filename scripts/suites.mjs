// Runs one suite after the other to the end, whatever fails, and adds up.

import { spawn } from "node:child_process";
import { PROJECT } from "./paths.mjs";
import { duration, passSignals } from "./process.mjs";

/**
 * @typedef {{ passed: number, failed: number }} Count
 * @typedef {object} Suite
 * @property {string} name
 * @property {string} program
 * @property {string[]} args
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [cwd] the project when not given
 * @property {(output: string) => Count} [count] reads the counts from the output; without it the suite is one check
 */

/** @param {Suite[]} suites @returns {Promise<Count>} */
export async function runAll(suites) {
  const rows = [];
  for (const suite of suites) {
    console.log(`\n== ${suite.name}`);
    const started = Date.now();
    const { code, output } = await run(suite);
    rows.push({ name: suite.name, ...verdict(suite, code, output), took: duration(Date.now() - started) });
  }
  const width = Math.max(...rows.map(({ name }) => name.length));
  console.log("");
  for (const { name, passed, failed, took } of rows) {
    console.log(`${failed === 0 ? "ok  " : "FAIL"} ${name.padEnd(width)}  ${passed} passed, ${failed} failed  (${took})`);
  }
  return rows.reduce((sum, { passed, failed }) => ({ passed: sum.passed + passed, failed: sum.failed + failed }), { passed: 0, failed: 0 });
}

/** The closing line, which says the same to people and to machines. */
export function closing(/** @type {Count} */ { passed, failed }) {
  return `${passed} passed, ${failed} failed`;
}

/** @param {Suite} suite @param {number} code @param {string} output @returns {Count} */
function verdict({ count, name }, code, output) {
  if (!count) return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  const { passed, failed } = count(output);
  if (code === 0 && passed + failed === 0) {
    console.log(`${name} ran no test: that is a failure too`);
    return { passed, failed: 1 };
  }
  // A compiler's error or a crash fails the suite without failing a test.
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
}

/** @param {Suite} suite @returns {Promise<{ code: number, output: string }>} */
function run({ program, args, env = process.env, cwd = PROJECT }) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const show = (/** @type {NodeJS.WriteStream} */ stream) => (/** @type {Buffer} */ chunk) => {
      output += chunk.toString();
      stream.write(chunk);
    };
    child.stdout.on("data", show(process.stdout));
    child.stderr.on("data", show(process.stderr));
    const release = passSignals(child);
    child.once("error", (error) => (release(), resolve({ code: 1, output: `${output}\n${error.message}` })));
    child.once("close", (code, signal) => {
      release();
      // Whoever interrupts one suite does not want the next.
      if (signal && signal !== "SIGKILL" && signal !== "SIGSEGV" && signal !== "SIGABRT") process.exit(130);
      resolve({ code: code ?? 1, output });
    });
  });
}

/** @returns {Count} */
export function countCargo(/** @type {string} */ output) {
  const lines = [...output.matchAll(/^test result: .*?(\d+) passed; (\d+) failed/gm)];
  return lines.reduce((sum, [, passed, failed]) => ({ passed: sum.passed + Number(passed), failed: sum.failed + Number(failed) }), { passed: 0, failed: 0 });
}

/** @returns {Count} */
export function countNode(/** @type {string} */ output) {
  const number = (/** @type {string} */ name) => Number(new RegExp(`^(?:ℹ|#) ${name} (\\d+)$`, "m").exec(output)?.[1] ?? 0);
  return { passed: number("pass"), failed: number("fail") + number("cancelled") };
}

/** @returns {Count} */
export function countVitest(/** @type {string} */ output) {
  // Its colours stand between the words.
  // eslint-disable-next-line no-control-regex
  const line = /^\s*Tests\s+(.*)$/m.exec(output.replace(/\u001b\[[\d;]*m/g, ""))?.[1] ?? "";
  const number = (/** @type {string} */ name) => Number(new RegExp(`(\\d+) ${name}`).exec(line)?.[1] ?? 0);
  return { passed: number("passed"), failed: number("failed") };
}
