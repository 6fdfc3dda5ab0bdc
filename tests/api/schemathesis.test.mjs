// The running Worker against its own description: schemathesis makes requests that the description allows and requests that it
// forbids, and holds every answer to what is written there.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { PROJECT } from "../../scripts/paths.mjs";
import { schemathesis } from "../../scripts/setup/schemathesis.mjs";
import { startWorker } from "../workerd/harness.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const DOCUMENT = join(PROJECT, "web", "public", "openapi.json");
const WIDE = "1000000/hour";
// A valid body is more than its form: an e-mail of nobody, a password that is too common and a text of three words are
// refused with 400, and no schema says so. All else is held.
const EXCLUDED = "positive_data_acceptance";

const program = await schemathesis();

describe("the description of the API", () => {
  it("is served as it is kept", async () => {
    const worker = await startWorker({ assets: true });
    try {
      const answer = await worker.fetch("/openapi.json");
      assert.equal(answer.status, 200);
      assert.deepEqual(await answer.json(), JSON.parse(readFileSync(DOCUMENT, "utf8")));
    } finally {
      await worker.stop();
    }
  });
});

describe("the Worker and its description", { skip: program === undefined && "needs Python 3.10 or newer with venv" }, () => {
  /** @type {import("../workerd/harness.mjs").Worker} */
  let worker;
  const folder = mkdtempSync(join(tmpdir(), "edgekeep-schemathesis-"));
  const email = "schemathesis@example.com";
  const password = randomBytes(18).toString("base64url");
  const OPERATOR_TOKEN = randomBytes(32).toString("base64url");
  before(async () => {
    worker = await startWorker({ vars: { OPERATOR_TOKEN, DETECT_LIMIT: WIDE, LOGIN_LIMIT: WIDE, REGISTER_LIMIT: WIDE, REFRESH_LIMIT: WIDE, OPERATOR_LIMIT: WIDE } });
    assert.equal((await worker.post("/api/v1/auth/register", { email, password })).status, 201);
  });
  after(async () => {
    await worker?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("agree: nothing is found", { timeout: 600_000 }, async () => {
    const { code, output } = await run([
      "run", DOCUMENT, "--url", worker.url, "--checks", "all", "--exclude-checks", EXCLUDED,
      "--phases", "examples,coverage,fuzzing", "--max-examples", process.env.SCHEMATHESIS_EXAMPLES ?? "25",
      "--seed", "20261123", "--generation-database", "none", "--request-timeout", "30", "--suppress-health-check", "all",
      "--continue-on-failure", "--warnings", "off", "--no-color",
    ]);
    assert.equal(code, 0, output.slice(-20_000));
    const [, tested] = /Tested: (\d+)/.exec(output) ?? [];
    const operations = Number(/(\d+) selected|Selected: (\d+)/.exec(output)?.slice(1).find(Boolean) ?? tested ?? 0);
    assert.ok(operations > 10, output.slice(-3_000));
  });

  /** @param {string[]} args @returns {Promise<{ code: number | null, output: string }>} */
  function run(args) {
    const own = { EDGEKEEP_API: worker.url, EDGEKEEP_EMAIL: email, EDGEKEEP_PASSWORD: password, EDGEKEEP_OPERATOR_TOKEN: OPERATOR_TOKEN };
    const quiet = { SCHEMATHESIS_HOOKS: "hooks", PYTHONPATH: HERE, PYTHONDONTWRITEBYTECODE: "1" };
    return new Promise((resolve) => {
      const child = spawn(program ?? "", args, { cwd: folder, env: { ...process.env, ...own, ...quiet }, stdio: ["ignore", "pipe", "pipe"] });
      let output = "";
      const keep = (/** @type {Buffer} */ chunk) => void (output += chunk.toString());
      child.stdout.on("data", keep);
      child.stderr.on("data", keep);
      child.once("close", (code) => resolve({ code, output }));
    });
  }
});
