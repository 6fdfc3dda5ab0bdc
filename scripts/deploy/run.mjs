// Carries calls out: wrangler with its output kept until something goes wrong.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT } from "../paths.mjs";
import { Problem, passSignals } from "../process.mjs";
import { wrangler, wranglerEnvironment } from "../wrangler.mjs";

/** @typedef {{ type: string, version_id?: string, preview_url?: string, targets?: string[] }} Report a line of what wrangler says to programs */

/**
 * Runs wrangler without a question asked, in this account.
 * @param {string[]} args @param {{ account: string }} where
 * @returns {Promise<Report[]>}
 */
export async function runWrangler(args, { account }) {
  const folder = mkdtempSync(join(tmpdir(), "edgekeep-wrangler-"));
  try {
    const reports = join(folder, "reports.ndjson");
    const env = wranglerEnvironment({
      ...process.env,
      CI: "1",
      CLOUDFLARE_ACCOUNT_ID: account,
      WRANGLER_OUTPUT_FILE_PATH: reports,
      // The Worker has been built; wrangler would build it again on each call.
      EDGEKEEP_BUILT: "1",
    });
    const { code, output } = await run(wrangler(...args), env);
    if (code !== 0) {
      const last = output.trimEnd().split("\n").slice(-30);
      throw new Problem(
        `\`wrangler ${args.join(" ")}\` failed`,
        `${last.map((line) => `    | ${line}`).join("\n")}\nWhat was done so far stays, and is not done twice: run the command again.`,
      );
    }
    return lines(reports);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string[]} args @param {NodeJS.ProcessEnv} env @returns {Promise<{ code: number, output: string }>} */
function run(args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: PROJECT, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const keep = (/** @type {Buffer} */ chunk) => void (output += chunk.toString());
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    const release = passSignals(child);
    child.once("error", (error) => (release(), reject(error)));
    child.once("close", (code) => (release(), resolve({ code: code ?? 1, output })));
  });
}

/** @param {string} file @returns {Report[]} */
function lines(file) {
  try {
    return readFileSync(file, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}
