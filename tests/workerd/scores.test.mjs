// The same text scored natively, in WebAssembly and over HTTP gives the same bits: here over HTTP.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { PROJECT } from "../../scripts/paths.mjs";
import { startWorker } from "./harness.mjs";

/** @template T @returns {T[]} */
function golden(/** @type {string} */ name) {
  const lines = readFileSync(join(PROJECT, "tests", "golden", "detector", name), "utf8").split("\n");
  return lines.filter(Boolean).map((line) => JSON.parse(line));
}

describe("the detector behind HTTP", () => {
  /** @type {import("./harness.mjs").Worker} */
  let worker;
  before(async () => void (worker = await startWorker({ vars: { DETECT_LIMIT: "1000/minute" } })));
  after(() => worker.stop());

  it("gives the pinned scores to the bit", async () => {
    /** @type {{ id: string, text: string }[]} */
    const texts = golden("texts.jsonl");
    /** @type {{ id: string, probability: number, verdict: string, reason?: string }[]} */
    const scores = golden("scores.jsonl");
    assert.deepEqual(scores.map(({ id }) => id), texts.map(({ id }) => id));
    const account = { email: "golden@example.com", password: "correct horse battery staple" };
    const { access_token: token } = /** @type {any} */ (await (await worker.post("/api/v1/auth/register", account)).json());

    let judged = 0;
    for (const [at, { id, text }] of texts.entries()) {
      const pinned = scores[at];
      const answer = await worker.post("/api/v1/ai-tools/detect", { text }, { headers: { authorization: `Bearer ${token}` } });
      const { probability, verdict, reason } = /** @type {any} */ (await answer.json());
      if (text.trim() === "") {
        assert.equal(answer.status, 400, id);
        continue;
      }
      assert.equal(answer.status, 200, id);
      // What the Worker does not judge has no probability of its own there, while `trainer score` tells the model's. Numbers
      // are read exactly, so equal ones are equal to the bit.
      const isJudged = pinned?.reason !== "too_short" && pinned?.reason !== "language";
      const expected = isJudged ? pinned?.probability : 0.5;
      assert.deepEqual({ probability, verdict, reason }, { probability: expected, verdict: pinned?.verdict, reason: pinned?.reason }, id);
      judged += Number(isJudged);
    }
    assert.ok(judged >= 5, `${judged} texts were judged`);
  });
});
