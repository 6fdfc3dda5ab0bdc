// Waits after failed log-ins, in Durable Objects: counted by address, kept over evictions and restarts, and read as an older
// version stored them.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, it } from "node:test";
import { ADDRESS, startWorker } from "./harness.mjs";

const THROTTLE = "ThrottleObject";
const ACCOUNT = { email: "ada@example.com", password: "a long and winding passphrase" };
const WRONG = { ...ACCOUNT, password: "a short and straight passphrase" };
const STRANGER = "198.51.100.1";

describe("an account that is guessed at", () => {
  /** @type {import("./harness.mjs").Worker} */
  let worker;
  const data = mkdtempSync(join(tmpdir(), "edgekeep-throttle-"));
  before(async () => {
    worker = await startWorker({ vars: { LOGIN_LIMIT: "1000/minute", LOGIN_FIRST_WAIT_SECONDS: "60" }, persist: data });
    assert.equal((await worker.post("/api/v1/auth/register", ACCOUNT)).status, 201);
  });
  after(async () => {
    await worker.stop();
    rmSync(data, { recursive: true, force: true });
  });

  const login = async (/** @type {typeof ACCOUNT} */ account, /** @type {string} */ ip) => (await worker.post("/api/v1/auth/login", account, { ip })).status;

  /** The one row of the one object, which must be halted. @param {string} [state] what to store in its place */
  const stored = (state) => {
    const folder = join(data, "do", `edgekeep-${THROTTLE}`);
    const files = readdirSync(folder).filter((file) => /^[0-9a-f]{64}\.sqlite$/.test(file));
    assert.equal(files.length, 1);
    const database = new DatabaseSync(join(folder, files[0] ?? ""));
    if (state) database.prepare("UPDATE throttle SET state = ?").run(state);
    const row = /** @type {any} */ (database.prepare("SELECT state FROM throttle").get());
    database.close();
    return JSON.parse(row.state);
  };

  it("knows the address of the registration", async () => {
    await worker.halt();
    assert.deepEqual(stored().k.map((/** @type {any} */ known) => known.a), [ADDRESS]);
    await worker.restart();
  });

  it("makes wait who guesses, over evictions and a SIGKILL, and nobody else", async () => {
    for (let guess = 0; guess < 5; guess += 1) {
      assert.equal(await login(WRONG, STRANGER), 401);
      await worker.evict(THROTTLE, createHash("sha256").update(ACCOUNT.email).digest("hex"));
    }
    assert.equal(await login(ACCOUNT, STRANGER), 429);
    await worker.kill9();
    await worker.restart();
    assert.equal(await login(ACCOUNT, STRANGER), 429);
    assert.equal(await login(ACCOUNT, ADDRESS), 200);
    assert.equal(await login(ACCOUNT, "192.0.2.1"), 200);
  });

  it("goes on from what a version stored that counted all strangers as one", async () => {
    await worker.halt();
    const now = Date.now();
    const home = { a: ADDRESS, t: now, f: { n: 5, l: now, w: 900_000 } };
    stored(JSON.stringify({ s: { n: 70, l: now, w: 900_000 }, k: [home] }));
    await worker.restart();
    assert.equal(await login(ACCOUNT, ADDRESS), 429, "its own failures are still there");
    assert.equal(await login(ACCOUNT, STRANGER), 200, "and strangers are told apart");
    await worker.halt();
    const { s, k } = stored();
    assert.deepEqual(k.map((/** @type {any} */ known) => known.a), [ADDRESS, STRANGER]);
    assert.equal(s.n, 5);
    await worker.restart();
  });
});
