// What the built Worker may weigh and how long it may take to start.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GZIP_BUDGET, START_BUDGET, figures, overBudget, started } from "../../scripts/budget.mjs";

describe("the budget of the build", () => {
  const built = { fingerprint: "", raw: 1, gzip: GZIP_BUDGET };
  const at = (/** @type {number} */ times) => ({ ms: times * 20, bare: 20 });

  it("holds the size and the start-up time", () => {
    assert.deepEqual(overBudget({ ...built, start: at(START_BUDGET) }), []);
    assert.deepEqual(overBudget({ ...built, gzip: GZIP_BUDGET + 1, start: at(1) }), ["The Worker is over its size budget"]);
    assert.deepEqual(overBudget({ ...built, start: at(START_BUDGET + 0.1) }), ["The Worker is over its budget of start-up time"]);
    assert.match(figures({ ...built, start: at(3) }), /starts in 60 ms, 3\.0 of at most 6 times a Worker of one line/);
  });

  it("believes a measurement that is over only when it is repeated, and measures nothing twice that is not", async () => {
    let measured = 0;
    const measure = (/** @type {number[]} */ ...times) => async () => ((measured += 1), at(times.shift() ?? NaN));
    const kept = /** @type {unknown[]} */ ([]);
    const keep = (/** @type {unknown} */ _, /** @type {unknown} */ start) => void kept.push(start);
    assert.deepEqual((await started({ ...built, start: at(3) }, measure(), keep)).start, at(3));
    assert.deepEqual([measured, kept], [0, []]);
    assert.deepEqual((await started(built, measure(9, 8, 3), keep)).start, at(3));
    assert.deepEqual([measured, kept], [3, [at(3)]]);
    const slow = await started({ ...built, start: at(9) }, measure(9, 7, 8), keep);
    assert.deepEqual([slow.start, overBudget(slow).length, measured], [at(7), 1, 6]);
  });
});
