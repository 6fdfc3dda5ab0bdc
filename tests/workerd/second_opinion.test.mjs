// Second opinions on the built Worker, against a real HTTP server on loopback: what goes over, what comes of every kind of
// trouble, and that no cap is ever passed, not by parallel calls and not by a SIGKILL between reservation and settlement.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { startWorker } from "./harness.mjs";
import { startProvider } from "./provider.mjs";

const DETECT = "/api/v1/ai-tools/detect";
const USAGE = "/api/v1/usage";
const OPERATOR_TOKEN = "fQ7mV2xLr9TzB4kNw8PcJ5sHd3GyEa6uXoKi1RbMnZ0";
const TEXT = "The town library closed its doors on a wet Thursday in March.";
const GROQ_KEY = "gsk_0123456789abcdefghij";
const OPENAI_KEY = "sk-9876543210zyxwvutsrq";

/** @typedef {Awaited<ReturnType<typeof startProvider>>} Provider */
/** @typedef {import("./harness.mjs").Worker} Worker */

const settings = (/** @type {Provider} */ provider, more = {}) => ({
  SECOND_OPINION: "on",
  GROQ_API_KEY: GROQ_KEY,
  OPENAI_API_KEY: OPENAI_KEY,
  GROQ_BASE_URL: `${provider.url}/groq/v1`,
  OPENAI_BASE_URL: `${provider.url}/openai/v1`,
  OPERATOR_TOKEN,
  DETECT_LIMIT: "10000/hour",
  REGISTER_LIMIT: "100/minute",
  AI_BUDGET_PER_ACCOUNT: "1/day",
  SECOND_OPINION_DEADLINE_MS: "3000",
  CIRCUIT_FAILURES: "100",
  ...more,
});

const register = async (/** @type {Worker} */ worker, name = "ada") => {
  const answer = await worker.post("/api/v1/auth/register", { email: `${name}@example.com`, password: "granite otter lamp 47" });
  assert.equal(answer.status, 201, await answer.clone().text());
  return (await answer.json()).access_token;
};

/** @param {Worker} worker @param {string} token @param {Record<string, unknown>} [body] */
const detect = async (worker, token, body = { text: TEXT, second_opinion: true }) => {
  const answer = await worker.post(DETECT, body, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
};

/** @param {Worker} worker @param {string} token */
const ask = async (worker, token) => (await detect(worker, token)).second_opinion;

/** @param {Worker} worker @param {string} path @param {string} token */
const get = async (worker, path, token) => {
  const answer = await worker.fetch(path, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
};

/** Micro-dollars that count today. @param {Worker} worker @param {string} token */
const spent = async (worker, token) => Math.round((await get(worker, USAGE, token)).second_opinion.day.spent_usd * 1e6);

describe("a second opinion", () => {
  /** @type {Provider} */
  let provider;
  /** @type {Worker} */
  let worker;
  /** @type {string} */
  let token;
  before(async () => {
    provider = await startProvider();
    worker = await startWorker({ vars: settings(provider) });
    token = await register(worker);
  });
  afterEach(() => provider.asUsual());
  after(async () => {
    await worker.stop();
    await provider.stop();
  });

  it("is asked for by the request and by nothing else", async () => {
    const plain = await detect(worker, token, { text: TEXT });
    assert.equal(plain.second_opinion, undefined);
    assert.equal(provider.seen.length, 0);
    const asked = await detect(worker, token);
    assert.equal(provider.seen.length, 1);
    const [call] = provider.seen;
    assert.equal(call?.authorization, `Bearer ${GROQ_KEY}`);
    assert.deepEqual(JSON.parse(call?.body.messages[1].content), { text: TEXT });
    assert.equal(call?.body.stream, false);
    assert.equal(call?.body.response_format.json_schema.schema.additionalProperties, false);
    const { cost_usd: cost, tokens, ...block } = asked.second_opinion;
    assert.deepEqual(block, { status: "ok", provider: "groq", model: "openai/gpt-oss-20b", probability: 0.25, reasons: ["It names a weekday."] });
    assert.ok(Math.abs(cost * 1e6 - provider.billed()) < 1, `${cost}, ${provider.billed()}`);
    assert.deepEqual(tokens, { input: Math.ceil((call?.bytes ?? 0) / 4), output: 150 });
    for (const member of ["verdict", "probability", "sentences"]) assert.deepEqual(asked[member], plain[member]);
  });

  it("tries once more, no sooner than Retry-After says", async () => {
    provider.next((response) => provider.send(response, 429, "{}", { "retry-after": "1" }));
    const from = provider.seen.length;
    assert.equal((await ask(worker, token)).status, "ok");
    const [first, second] = provider.seen.slice(from);
    const waited = (second?.at ?? 0) - (first?.at ?? 0);
    assert.ok(waited >= 995 && second?.provider === "groq", `${waited} ms`);
  });

  it("comes from the second provider when the first fails", async () => {
    for (const status of [401, 404, 500, 503]) {
      provider.always((response, call) =>
        call.provider === "groq" ? provider.send(response, status, "<html>trouble</html>") : provider.answer(response, call),
      );
      const block = await ask(worker, token);
      assert.deepEqual([block.status, block.provider], ["ok", "openai"], String(status));
      assert.equal(provider.seen.at(-1)?.authorization, `Bearer ${OPENAI_KEY}`);
    }
  });

  const troubles = /** @type {Record<string, import("./provider.mjs").Behaviour>} */ ({
    "answers that never come": () => {},
    "answers that trickle": (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const timer = setInterval(() => response.write(" "), 50);
      response.on("close", () => clearInterval(timer));
    },
    "half an answer": (response, call) => {
      const text = JSON.stringify(provider.completion(call, { probability: 0.5, reasons: [] }));
      response.writeHead(200, { "content-type": "application/json", "content-length": String(text.length) });
      response.write(text.slice(0, text.length / 2), () => response.destroy());
    },
    "a connection that is cut": (response) => response.destroy(),
    "wrong JSON": (response) => provider.send(response, 200, '{"choices": [{"message"'),
    "an answer without end": (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const write = () => !response.destroyed && response.write("x".repeat(65_536), write);
      write();
    },
    "a redirect": (response) => provider.send(response, 307, "{}", { location: `${provider.url}/openai/v1/chat/completions` }),
    "fields beside the schema": (response, call) => provider.answer(response, call, { probability: 0, reasons: [], verdict: "human" }),
    "another scale": (response, call) => provider.answer(response, call, { probability: 87, reasons: [] }),
    "a refusal in words": (response, call) => provider.answer(response, call, "I can't help with that."),
  });
  for (const [name, behaviour] of Object.entries(troubles)) {
    it(`is unavailable after ${name}, and the rest of the answer is there`, async () => {
      provider.always(behaviour);
      const earlier = await spent(worker, token);
      const billed = provider.billed();
      const started = performance.now();
      const answer = await detect(worker, token);
      const took = performance.now() - started;
      assert.equal(answer.second_opinion.status, "unavailable");
      assert.equal(answer.verdict, "uncertain");
      assert.ok(took < 4_500, `${took} ms`);
      const counted = (await spent(worker, token)) - earlier;
      assert.ok(counted > 0 && counted >= provider.billed() - billed, `${counted} counted, ${provider.billed() - billed} billed`);
    });
  }

  it("leaves neither text nor key in the log", async () => {
    await worker.jsonLogs((line) => line.body === "second opinion");
    const text = JSON.stringify(worker.logs());
    for (const secret of ["wet Thursday", GROQ_KEY, OPENAI_KEY, "trouble</html>"]) assert.ok(!text.includes(secret), secret);
    assert.ok(text.includes("second opinion"));
  });

  it("shows the account and the operator what was used", async () => {
    const { days, detect: windows, second_opinion: budget } = await get(worker, USAGE, token);
    assert.equal(days.length, 30);
    assert.ok(days.at(-1).detections > 10 && days.at(-1).spent_usd > 0, JSON.stringify(days.at(-1)));
    assert.equal(windows[0].limit, 10_000);
    assert.ok(Math.abs(budget.day.cap_usd - budget.day.spent_usd - budget.day.left_usd) < 1e-9);
    const all = await get(worker, "/api/v1/operator/usage", OPERATOR_TOKEN);
    assert.equal(all.top_spenders.length, 1);
    assert.equal(all.days.at(-1).spent_usd, days.at(-1).spent_usd);
  });
});

describe("a circuit that opens after 3 failures", () => {
  /** @type {Provider} */
  let provider;
  /** @type {Worker} */
  let worker;
  before(async () => {
    provider = await startProvider();
    const vars = { CIRCUIT_FAILURES: "3", CIRCUIT_OPEN_SECONDS: "2", SECOND_OPINION_PROVIDERS: "groq" };
    worker = await startWorker({ vars: settings(provider, vars) });
  });
  after(async () => {
    await worker.stop();
    await provider.stop();
  });

  it("spares the provider, also after an eviction, then probes and closes", async () => {
    const token = await register(worker);
    provider.always((response) => provider.send(response, 500, "{}", { "retry-after": "60" }));
    for (let call = 0; call < 3; call += 1) assert.equal((await ask(worker, token)).status, "unavailable");
    const opened = performance.now();
    await worker.evict("CircuitObject", "groq");
    provider.asUsual();
    assert.deepEqual(await ask(worker, token), { status: "unavailable", cost_usd: 0 });
    assert.equal(provider.seen.length, 3);
    await new Promise((resolve) => setTimeout(resolve, 2_050 - (performance.now() - opened)));
    assert.equal((await ask(worker, token)).status, "ok");
    assert.equal((await ask(worker, token)).status, "ok");
    assert.equal(provider.seen.length, 5);
  });
});

describe("a budget", () => {
  /** @type {Provider} */
  let provider;
  /** @type {Worker} */
  let worker;
  const data = mkdtempSync(join(tmpdir(), "edgekeep-budget-"));
  const ACCOUNT = 20_000;
  const ALL = 30_000;
  before(async () => {
    provider = await startProvider();
    const vars = { AI_BUDGET: "0.03/day;1/month", AI_BUDGET_PER_ACCOUNT: "0.02/day", SECOND_OPINION_DEADLINE_MS: "20000" };
    worker = await startWorker({ vars: settings(provider, vars), persist: data });
  });
  after(async () => {
    await worker.stop();
    await provider.stop();
    rmSync(data, { recursive: true, force: true });
  });

  it("is never passed, by parallel calls, lost settlements, nonsense, evictions or a SIGKILL", async () => {
    const ada = await register(worker, "ada");
    const bob = await register(worker, "bob");
    // Every third answer says nothing of its cost or nonsense, and each is as dear as it may be.
    let answers = 0;
    const dear = (/** @type {import("./provider.mjs").Response} */ response, /** @type {import("./provider.mjs").Seen} */ call) => {
      answers += 1;
      const usage = provider.compute(call, 1);
      const claimed = [usage, undefined, { prompt_tokens: -1e9, completion_tokens: 0 }][answers % 3];
      const body = { ...provider.completion(call, { probability: 0.5, reasons: [] }, usage), usage: claimed };
      provider.send(response, 200, JSON.stringify(body));
    };

    // The kill: calls are with the provider, reserved and not settled, and are billed there.
    const held = 6;
    let waiting = 0;
    const arrived = new Promise((resolve) => {
      provider.always((_, call) => {
        provider.compute(call, 1);
        waiting += 1;
        if (waiting === held) resolve(undefined);
      });
    });
    const cut = Array.from({ length: held }, () => ask(worker, ada).catch(() => undefined));
    await arrived;
    await worker.kill9();
    assert.deepEqual(await Promise.all(cut), Array(held).fill(undefined));
    await worker.restart();
    const afterKill = provider.billed();
    const counted = await spent(worker, ada);
    assert.ok(afterKill > 0 && counted >= afterKill && counted <= ACCOUNT, `${counted} counted, ${afterKill} billed`);

    // The ledger thrown out of memory, and 200 calls at once of one account.
    provider.always(dear);
    await worker.evict("BudgetObject", "installation");
    const blocks = await Promise.all(Array.from({ length: 200 }, () => ask(worker, ada)));
    assert.ok(provider.billed() <= ACCOUNT, `${provider.billed()} billed of ${ACCOUNT}`);
    const statuses = blocks.map(({ status }) => status);
    assert.ok(statuses.includes("ok") && statuses.includes("budget_exhausted"), String(new Set(statuses)));
    const exhausted = blocks.find(({ status }) => status === "budget_exhausted");
    const midnight = new Date();
    midnight.setUTCHours(24, 0, 0, 0);
    assert.equal(exhausted.opens_at, midnight.toISOString());
    assert.ok((await spent(worker, ada)) <= ACCOUNT);

    // Another account has a budget of its own, within that of all.
    await Promise.all(Array.from({ length: 100 }, () => ask(worker, bob)));
    // What was reserved and not used is free again: on to the end, one by one.
    let status = "ok";
    for (let call = 0; call < 100 && status === "ok"; call += 1) status = (await ask(worker, bob)).status;
    assert.equal(status, "budget_exhausted");
    const both = (await spent(worker, ada)) + (await spent(worker, bob));
    assert.ok(both <= ALL && provider.billed() <= both, `${provider.billed()} billed, ${both} counted, of ${ALL}`);
    assert.ok(both > ALL * 0.9, `${both}`);

    const lines = (await worker.jsonLogs((line) => line["budget.percent"] === 100)).filter(({ body }) => body === "budget");
    const marks = lines.filter((line) => line["budget.scope"] === "installation" && line["budget.span"] === "day");
    assert.deepEqual(marks.map((line) => line["budget.percent"]), [...new Set(marks.map((line) => line["budget.percent"]))], "each once");
    assert.ok(marks.some((line) => line["budget.percent"] === 100));
  });
});
