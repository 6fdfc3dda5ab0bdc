// What a person does on the first day, on the built Worker: register, log in, detect until the limit, log out. At the end
// the log of it all is searched for everything that must not be in it.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { startWorker } from "./harness.mjs";

const EMAIL = "ada.lovelace@example.com";
const PASSWORD = "engine weaves patterns like a loom";
const IP = "198.51.100.77";
const ARCHITECTURE = readFileSync(new URL("../../ARCHITECTURE.md", import.meta.url), "utf8");
// Written by a language model for this test, in the manner that such models have.
const MACHINE = `In today's rapidly evolving digital landscape, effective communication plays a crucial role in fostering
meaningful connections. Moreover, it is important to note that collaboration enables teams to leverage diverse perspectives,
ultimately driving innovation and ensuring sustainable growth. By embracing a culture of continuous learning, organizations
can navigate complex challenges with confidence. Furthermore, leveraging cutting-edge technologies allows businesses to
streamline their operations and enhance overall efficiency. In conclusion, a holistic approach that prioritizes adaptability,
inclusivity, and strategic thinking is essential for unlocking long-term success in an increasingly interconnected world.`;

describe("the first day of an account", () => {
  /** @type {import("./harness.mjs").Worker} */
  let worker;
  const data = mkdtempSync(join(tmpdir(), "edgekeep-journey-"));
  before(async () => void (worker = await startWorker({ persist: data, vars: { LOG_LEVEL: "debug" } })));
  after(async () => {
    await worker.stop();
    rmSync(data, { recursive: true, force: true });
  });

  /** Whatever must never be in a log. */
  const secrets = [EMAIL, PASSWORD, IP, "ada.lovelace", MACHINE.slice(40, 90), "path of a request"];
  /** @type {{ access_token: string, refresh_token: string }} */
  let tokens;
  const authorization = () => ({ authorization: `Bearer ${tokens.access_token}` });
  const detect = (/** @type {string} */ text) =>
    worker.post("/api/v1/ai-tools/detect", { text }, { ip: IP, headers: authorization() });
  const me = () => worker.fetch("/api/v1/auth/me", { ip: IP, headers: authorization() });

  it("begins with a registration", async () => {
    const answer = await worker.post("/api/v1/auth/register", { email: EMAIL, password: PASSWORD, name: "Ada" }, { ip: IP });
    assert.equal(answer.status, 201);
    assert.equal(answer.headers.get("cache-control"), "no-store");
    const body = await answer.json();
    secrets.push(body.access_token, body.refresh_token);
    assert.deepEqual(Object.keys(body).sort(), ["access_token", "expires_in", "refresh_token", "token_type", "user"]);
    assert.equal(body.user.email, EMAIL);
  });

  it("refuses a second account on the same e-mail, also of two at once", async () => {
    const again = { email: EMAIL.toUpperCase(), password: PASSWORD };
    assert.equal((await worker.post("/api/v1/auth/register", again, { ip: IP })).status, 409);
    const both = { email: "twice@example.com", password: PASSWORD };
    const statuses = await Promise.all([1, 2, 3].map(async () => (await worker.post("/api/v1/auth/register", both)).status));
    assert.deepEqual(statuses.sort(), [201, 409, 409]);
  });

  it("goes on with a log-in", async () => {
    const answer = await worker.post("/api/v1/auth/login", { email: EMAIL, password: PASSWORD }, { ip: IP });
    assert.equal(answer.status, 200);
    tokens = await answer.json();
    secrets.push(tokens.access_token, tokens.refresh_token);
    const user = await (await me()).json();
    assert.equal(user.name, "Ada");
  });

  it("tells a machine's text from a person's, with offsets that a browser can slice by", async () => {
    const [machine, person] = [await (await detect(MACHINE)).json(), await (await detect(ARCHITECTURE.slice(0, 6_000))).json()];
    assert.ok(machine.probability > 0.5, `${machine.probability}`);
    assert.ok(["ai", "mixed", "uncertain"].includes(machine.verdict), machine.verdict);
    assert.ok(machine.sentences.length >= 4);
    for (const { start, end, probability } of machine.sentences) {
      assert.ok(MACHINE.slice(start, end).trim().length > 0);
      assert.ok(probability >= 0 && probability <= 1);
    }
    assert.ok(machine.signals.length > 0);
    assert.equal(machine.language, "en");
    assert.deepEqual([machine.usage.remaining, person.usage.remaining], [9, 8]);
  });

  it("says so when a text is too short", async () => {
    const body = await (await detect("Only a few words.")).json();
    assert.deepEqual([body.verdict, body.reason, body.usage.remaining], ["uncertain", "too_short", 7]);
  });

  it("refuses the eleventh text within the hour, over a kill and a restart too", async () => {
    for (let count = 4; count <= 7; count += 1) assert.equal((await detect(MACHINE)).status, 200);
    await worker.kill9();
    await worker.restart();
    const statuses = await Promise.all(Array.from({ length: 200 }, async () => (await detect(MACHINE)).status));
    assert.equal(statuses.filter((status) => status === 200).length, 3);
    assert.equal(statuses.filter((status) => status === 429).length, 197);
    const answer = await detect(MACHINE);
    const wait = Number(answer.headers.get("retry-after"));
    assert.ok(wait > 3_000 && wait <= 3_600, `${wait}`);
    assert.match(answer.headers.get("ratelimit") ?? "", /^"detect";r=0;t=\d+$/);
    assert.equal(answer.headers.get("ratelimit-policy"), '"detect";q=10;w=3600');
    const problem = await answer.json();
    assert.equal(problem.type, "https://iana.org/assignments/http-problem-types#quota-exceeded");
    assert.equal(problem.code, "rate_limited");
  });

  it("keeps the session over a refresh, and ends it when a used token comes back", async () => {
    const refresh = (/** @type {string} */ token) => worker.post("/api/v1/auth/refresh", { refresh_token: token }, { ip: IP });
    const other = await (await worker.post("/api/v1/auth/login", { email: EMAIL, password: PASSWORD }, { ip: IP })).json();
    const parallel = await Promise.all(Array.from({ length: 20 }, async () => (await refresh(other.refresh_token)).json()));
    const successors = new Set(parallel.map((body) => body.refresh_token));
    assert.equal(successors.size, 1, "one successor, however many ask at once");
    const [successor] = successors;
    const next = await refresh(successor);
    assert.equal(next.status, 200);
    const { access_token, refresh_token } = await next.json();
    secrets.push(other.access_token, other.refresh_token, successor, access_token, refresh_token);
    assert.equal((await refresh(other.refresh_token)).status, 401);
    assert.equal((await refresh(refresh_token)).status, 401, "the family is dead");
    const headers = { authorization: `Bearer ${access_token}` };
    assert.equal((await worker.fetch("/api/v1/auth/me", { headers })).status, 401);
  });

  it("ends with a log-out that holds from the next request on", async () => {
    assert.equal((await me()).status, 200);
    const answer = await worker.fetch("/api/v1/auth/logout", { method: "POST", ip: IP, headers: authorization() });
    assert.equal(answer.status, 204);
    assert.equal((await me()).status, 401);
    assert.equal((await worker.post("/api/v1/auth/refresh", { refresh_token: tokens.refresh_token }, { ip: IP })).status, 401);
  });

  it("leaves a line for each request, and nothing personal in any of them", async () => {
    const lines = await worker.jsonLogs((line) => line["event.name"] === "session_ended");
    assert.ok(lines.filter((line) => line.body === "request").length > 200);
    const names = new Set(lines.map((line) => line["event.name"]));
    for (const name of ["user_created", "authn_login_success", "authn_token_reuse", "excess_rate_limit_exceeded"]) {
      assert.ok(names.has(name), name);
    }
    const all = worker.logs().map(({ message }) => message).join("\n");
    for (const secret of secrets) assert.ok(!all.includes(secret), `the log holds "${secret.slice(0, 12)}..."`);
  });
});
