// S20: how long a refusal takes must not tell whether an e-mail has an account.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startWorker } from "./harness.mjs";

const PASSWORD = "engine weaves patterns like a loom";
const ACCOUNTS = 20;
const ROUNDS = 60;

/** How often a value of `a` is above one of `b`, ties counted half: 0.5 when they are of one distribution (Mann-Whitney). */
const superiority = (/** @type {number[]} */ a, /** @type {number[]} */ b) => {
  let above = 0;
  for (const x of a) for (const y of b) above += x > y ? 1 : x === y ? 0.5 : 0;
  return above / (a.length * b.length);
};

describe("the time of a refused log-in", () => {
  /** @type {import("./harness.mjs").Worker} */
  let worker;
  before(async () => {
    const much = "100000/minute";
    worker = await startWorker({ vars: { LOGIN_LIMIT: much, REGISTER_LIMIT: much, LOGIN_FREE_FAILURES: "20" } });
    for (let n = 0; n < ACCOUNTS; n += 1) {
      const answer = await worker.post("/api/v1/auth/register", { email: `known${n}@example.com`, password: PASSWORD });
      assert.equal(answer.status, 201);
    }
  });
  after(() => worker.stop());

  const refusal = async (/** @type {string} */ email, password = "not the password at all") => {
    const started = performance.now();
    const answer = await worker.post("/api/v1/auth/login", { email, password });
    const body = await answer.json();
    return { took: performance.now() - started, status: answer.status, body };
  };

  it("s20_is_the_same_for_a_known_and_an_unknown_email", async () => {
    /** @type {number[]} */
    const known = [];
    /** @type {number[]} */
    const unknown = [];
    /** @type {number[]} */
    const early = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      // Taken in turn, in an order that changes, so that the noise of a shared machine falls on all alike.
      const pair = [
        async () => known.push((await refusal(`known${round % ACCOUNTS}@example.com`)).took),
        async () => unknown.push((await refusal(`nobody${round % ACCOUNTS}@example.com`)).took),
      ];
      for (const take of round % 2 ? pair : pair.reverse()) await take();
      // Refused before any hash: what a defect would look like.
      early.push((await refusal(`known${round % ACCOUNTS}@example.com`, "x".repeat(300))).took);
    }
    const tells = superiority(known, unknown);
    // With 60 of each the deviation of chance is 0.053: 0.25 off is nearly five of it.
    assert.ok(Math.abs(tells - 0.5) < 0.25, `a known e-mail takes longer in ${tells} of the comparisons`);
    assert.ok(superiority(known, early) > 0.9, "the measurement can tell a missing hash");
  });

  it("s20_gives_the_same_answer_to_the_byte_but_for_the_request_id", async () => {
    const [a, b] = [await refusal("known0@example.com"), await refusal("nobody0@example.com")];
    assert.equal(a.status, 401);
    assert.deepEqual({ ...a.body, request_id: "" }, { ...b.body, request_id: "" });
    assert.deepEqual(a.status, b.status);
  });
});
