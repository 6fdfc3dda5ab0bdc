// The running Worker against its own description: schemathesis makes requests that the description allows and requests that it
// forbids, and holds every answer to what is written there.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { PROJECT } from "../../scripts/paths.mjs";
import { schemathesis } from "../../scripts/setup/schemathesis.mjs";
import { startWorker } from "../workerd/harness.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const DOCUMENT = join(PROJECT, "web", "public", "openapi.json");
const WIDE = "1000/second";
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

  const arguments_ = (/** @type {string} */ document) => [
    "run", document, "--url", worker.url, "--checks", "all", "--exclude-checks", EXCLUDED,
    "--phases", "examples,coverage,fuzzing", "--max-examples", process.env.SCHEMATHESIS_EXAMPLES ?? "25",
    "--seed", "20261123", "--generation-database", "none", "--request-timeout", "30", "--suppress-health-check", "all",
    "--continue-on-failure", "--warnings", "off", "--no-color",
  ];

  it("agree: nothing is found", { timeout: 600_000 }, async () => {
    const { code, output } = await run(arguments_(DOCUMENT));
    assert.equal(code, 0, output.slice(-20_000));
    const paths = Object.values(JSON.parse(readFileSync(DOCUMENT, "utf8")).paths);
    const operations = paths.reduce((sum, path) => sum + Object.keys(path).length, 0);
    assert.match(output, new RegExp(`Tested: +${operations}\\n`), "every operation");
  });

  it("were tried with credentials that work", async () => {
    const lines = await worker.jsonLogs();
    const statuses = (/** @type {string} */ route) => new Set(lines.filter((line) => line["http.route"] === route).map((line) => line["http.response.status_code"]));
    for (const route of ["/api/v1/auth/me", "/api/v1/auth/sessions", "/api/v1/ai-tools/detect", "/api/v1/ai-tools/detect/batch", "/api/v1/operator/cron-runs"]) {
      assert.ok(statuses(route).has(200) && statuses(route).has(401), `${route}: ${[...statuses(route)]}`);
    }
    assert.ok(statuses("/api/v1/auth/logout").has(204));
    assert.deepEqual(lines.filter((line) => line["http.response.status_code"] === 500), []);
  });

  it("are found to differ where they do", async () => {
    const document = JSON.parse(readFileSync(DOCUMENT, "utf8"));
    document.components.schemas.UserBody.properties.email.type = "integer";
    const spoiled = join(folder, "spoiled.json");
    writeFileSync(spoiled, JSON.stringify(document));
    const { code, output } = await run([...arguments_(spoiled), "--include-path", "/api/v1/auth/me", "--include-method", "GET"]);
    assert.equal(code, 1, output);
    assert.match(output, /not of type "integer"/);
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
