// Log-ins with the old password while it is changed, and while the account is deleted, on the built Worker: whatever they
// were answered, nothing that they opened is open afterwards.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startWorker } from "./harness.mjs";

const OLD = "granite otter lamp 47";
const NEW = "granite otter lamp 48";
const WIDE = { LOGIN_LIMIT: "1000/minute", REGISTER_LIMIT: "1000/minute", LOGIN_FREE_FAILURES: "20" };

describe("a log-in that is under way", () => {
  /** @type {import("./harness.mjs").Worker} */
  let worker;
  before(async () => void (worker = await startWorker({ vars: WIDE })));
  after(() => worker.stop());

  const bearer = (/** @type {string} */ token) => ({ headers: { authorization: `Bearer ${token}` } });
  const login = (/** @type {string} */ email, password = OLD) => worker.post("/api/v1/auth/login", { email, password });

  /** Log-ins before, during and after `meanwhile`. @param {string} email @param {() => Promise<unknown>} meanwhile */
  const around = async (email, meanwhile) => {
    const delayed = async (/** @type {number} */ milliseconds, /** @type {() => Promise<any>} */ action) => {
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      return action();
    };
    const starts = [0, 0, 40, 80, 120, 160, 200];
    const [, ...answers] = await Promise.all([delayed(30, meanwhile), ...starts.map((start) => delayed(start, () => login(email)))]);
    const statuses = answers.map(({ status }) => status);
    for (const status of statuses) assert.ok(status === 200 || status === 401, `${statuses}`);
    for (const answer of answers.filter(({ status }) => status === 200)) {
      const { access_token, refresh_token } = await answer.json();
      assert.equal((await worker.fetch("/api/v1/auth/me", bearer(access_token))).status, 401, `${statuses}`);
      assert.equal((await worker.post("/api/v1/auth/refresh", { refresh_token })).status, 401, `${statuses}`);
    }
    return statuses;
  };

  it("opens nothing that outlives a change of password", async () => {
    for (let round = 0; round < 3; round += 1) {
      const email = `change${round}@example.com`;
      const { access_token } = await (await worker.post("/api/v1/auth/register", { email, password: OLD })).json();
      await around(email, async () => {
        const answer = await worker.post("/api/v1/auth/password", { current_password: OLD, new_password: NEW }, bearer(access_token));
        assert.equal(answer.status, 200, await answer.clone().text());
      });
      assert.equal((await login(email)).status, 401);
      assert.equal((await worker.fetch("/api/v1/auth/me", bearer(access_token))).status, 200);
      assert.equal((await login(email, NEW)).status, 200);
    }
  });

  it("opens nothing of an account that is deleted", async () => {
    for (let round = 0; round < 3; round += 1) {
      const email = `deletion${round}@example.com`;
      const { access_token } = await (await worker.post("/api/v1/auth/register", { email, password: OLD })).json();
      await around(email, async () => {
        const answer = await worker.fetch("/api/v1/auth/me", {
          method: "DELETE",
          headers: { ...bearer(access_token).headers, "content-type": "application/json" },
          body: JSON.stringify({ password: OLD }),
        });
        assert.equal(answer.status, 204);
      });
    }
    const database = await worker.d1;
    assert.equal(await database.prepare("SELECT count(*) AS n FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email LIKE 'deletion%'").first("n"), 0);
  });
});
