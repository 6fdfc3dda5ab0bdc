// Cloudflare's REST API, for what wrangler does not tell in a form to go on with. It reads; one thing it writes is the
// account's workers.dev name. All else is wrangler's work.

import { Problem, ask, sleep } from "../process.mjs";
import { wrangler, wranglerEnvironment } from "../wrangler.mjs";

const ATTEMPTS = 3;
const DEADLINE = 30_000;

/** An answer that says no. */
export class Refusal extends Error {
  /** @param {string} what @param {number} status @param {number} code Cloudflare's own number of the error */
  constructor(what, status, code) {
    super(what);
    this.status = status;
    this.code = code;
  }
}

export class Api {
  /** @param {string} token @param {string} base */
  constructor(token, base) {
    this.#token = token;
    this.base = base;
  }

  #token;

  /** @param {string} path @param {Record<string, string>} [query] @returns {Promise<any>} */
  get(path, query = {}) {
    const search = new URLSearchParams(query).toString();
    return this.#call("GET", search ? `${path}?${search}` : path);
  }

  /** A call that only reads, though it posts. @param {string} path @param {unknown} body @returns {Promise<any>} */
  ask(path, body) {
    return this.#call("POST", path, body);
  }

  /** @param {string} path @param {unknown} body @returns {Promise<any>} */
  put(path, body) {
    return this.#call("PUT", path, body);
  }

  /** @param {string} path @returns {Promise<any | undefined>} undefined for what is not there */
  async find(path) {
    try {
      return await this.get(path);
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) return undefined;
      throw error;
    }
  }

  // Everything here may be done twice, so it is tried again when the network or the API has a bad moment.
  /** @param {string} method @param {string} path @param {unknown} [body] */
  async #call(method, path, body) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(method, path, body);
      } catch (error) {
        const passing = !(error instanceof Refusal) || error.status >= 500 || error.status === 429;
        if (!passing || attempt === ATTEMPTS) throw problem(`${method} ${path}`, error);
        await sleep(attempt * 500);
      }
    }
  }

  /** @param {string} method @param {string} path @param {unknown} body */
  async #once(method, path, body) {
    const response = await fetch(this.base + path, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(DEADLINE),
    });
    /** @type {any} */
    const json = await response.json().catch(() => undefined);
    if (response.ok && json?.success) return json.result;
    const { code = 0, message = `HTTP ${response.status}` } = json?.errors?.[0] ?? {};
    throw new Refusal(message, response.status, code);
  }
}

function tokenOfWrangler() {
  const env = wranglerEnvironment({ ...process.env, CI: "1" });
  const { ok, out } = ask(process.execPath, wrangler("auth", "token", "--json"), { env, timeout: 60_000 });
  /** @type {{ token?: string }} */
  const { token } = ok ? JSON.parse(out.slice(out.indexOf("{"))) : {};
  return token;
}

/** @param {string} call @param {unknown} error */
function problem(call, error) {
  if (error instanceof Refusal && (error.status === 404 || error.code === R2_OFF)) return error;
  const { message, cause } = /** @type {Error & { cause?: Error }} */ (error);
  return new Problem(`Cloudflare did not answer ${call}: ${cause?.message ?? message}`, "Nothing is lost: run the command again.");
}

/** R2 must be switched on once per account, by hand: it asks for a card. */
export const R2_OFF = 10042;

/**
 * The API as whoever is logged in to wrangler, and the account to work in.
 * @returns {Promise<{ api: Api, account: { id: string, name: string } }>}
 */
export async function login() {
  const token = process.env.CLOUDFLARE_API_TOKEN || tokenOfWrangler();
  if (!token) {
    throw new Problem(
      "Nobody is logged in to Cloudflare",
      "`npx wrangler login` opens a browser for it. On a machine without one, set CLOUDFLARE_API_TOKEN to a token made from the\ntemplate \"Edit Cloudflare Workers\" with D1 (edit) added.",
    );
  }
  const api = new Api(token, process.env.CLOUDFLARE_API_BASE_URL ?? "https://api.cloudflare.com/client/v4");
  /** @type {{ id: string, name: string }[]} */
  const accounts = await api.get("/accounts", { per_page: "50" });
  const wanted = process.env.CLOUDFLARE_ACCOUNT_ID;
  const account = wanted ? accounts.find(({ id }) => id === wanted) : accounts[0];
  if (account && (wanted || accounts.length === 1)) return { api, account };
  const list = accounts.map(({ id, name }) => `  CLOUDFLARE_ACCOUNT_ID=${id}   ${name}`).join("\n");
  throw new Problem(
    wanted ? `This login has no account ${wanted}` : `This login has ${accounts.length} accounts`,
    accounts.length > 0 ? `Say which one:\n${list}` : "Make one at https://dash.cloudflare.com/sign-up.",
  );
}
