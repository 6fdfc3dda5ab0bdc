// The operator's routes of a Worker under test, with limits out of the way.

import assert from "node:assert/strict";

export const OPERATOR_TOKEN = "fQ7mV2xLr9TzB4kNw8PcJ5sHd3GyEa6uXoKi1RbMnZ0";

/** Settings for a Worker whose operator calls as often as they like. */
export const OPERATOR = { OPERATOR_TOKEN, OPERATOR_LIMIT: "100000/minute" };

/**
 * Calls a route, which must succeed.
 * @param {import("./harness.mjs").Worker} worker @param {string} path @param {string} [method]
 */
export async function operator(worker, path, method = "GET") {
  const answer = await worker.fetch(`/api/v1/operator${path}`, { method, headers: { authorization: `Bearer ${OPERATOR_TOKEN}` } });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer;
}
