// A server on loopback that speaks the chat completions API, bills what it computes, and misbehaves when it is told to.

import { createServer } from "node:http";

/** Dollars per million tokens, as in the default AI_PRICES. */
const PRICES = { groq: [0.075, 0.3], openai: [0.15, 0.6] };
const GOOD = { probability: 0.25, reasons: ["It names a weekday."] };

/**
 * @typedef {{ provider: "groq" | "openai", authorization: string | undefined, body: any, bytes: number, at: number }} Seen
 * @typedef {import("node:http").ServerResponse} Response
 * @typedef {(response: Response, seen: Seen) => unknown} Behaviour
 */

export async function startProvider() {
  /** @type {Seen[]} */
  const seen = [];
  let billed = 0;
  /** @type {Behaviour[]} */
  const script = [];
  /** @type {Behaviour} */
  let usual = (response, call) => answer(response, call);

  /** Computes: from here on the call is billed, whatever becomes of the answer. @param {Seen} call */
  const compute = ({ provider, body, bytes }, share = 0.1) => {
    const tokens = { prompt_tokens: Math.ceil(bytes / 4), completion_tokens: Math.ceil(body.max_completion_tokens * share) };
    const [input, output] = PRICES[provider];
    billed += tokens.prompt_tokens * (input ?? 0) + tokens.completion_tokens * (output ?? 0);
    return { ...tokens, total_tokens: tokens.prompt_tokens + tokens.completion_tokens };
  };

  /** @param {Seen} call @param {unknown} content @param {unknown} [usage] */
  const completion = (call, content, usage = compute(call)) => ({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: call.body.model,
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: typeof content === "string" ? content : JSON.stringify(content) } }],
    usage,
  });

  const send = (/** @type {Response} */ response, /** @type {number} */ status, /** @type {string} */ text, headers = {}) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(text);
  };

  /** @param {Response} response @param {Seen} call @param {unknown} [content] */
  const answer = (response, call, content = GOOD) => send(response, 200, JSON.stringify(completion(call, content)));

  const server = createServer((request, response) => {
    /** @type {Buffer[]} */
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const provider = request.url === "/groq/v1/chat/completions" ? "groq" : "openai";
      const bytes = Buffer.concat(chunks);
      if (request.method !== "POST" || !/^\/(groq|openai)\/v1\/chat\/completions$/.test(request.url ?? "")) return send(response, 404, "{}");
      const call = { provider, authorization: request.headers.authorization, body: JSON.parse(bytes.toString()), bytes: bytes.length, at: performance.now() };
      seen.push(/** @type {Seen} */ (call));
      (script.shift() ?? usual)(response, /** @type {Seen} */ (call));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    /** Micro-dollars. */
    billed: () => billed,
    compute,
    completion,
    answer,
    send,
    /** What it does next, in order, and then as usual. */
    next: (/** @type {Behaviour[]} */ ...behaviours) => void script.push(...behaviours),
    always: (/** @type {Behaviour} */ behaviour) => void (usual = behaviour),
    asUsual: () => {
      script.length = 0;
      usual = (response, call) => answer(response, call);
    },
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
