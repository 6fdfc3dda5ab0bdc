// A client of the installation under test, and the throw-away account in it.

import { randomBytes } from "node:crypto";
import { request as overHttp } from "node:http";
import { request as overHttps } from "node:https";

const DEADLINE = 20_000;
const FIRST = 1_024;
const PAUSE = 2_000;

/**
 * @typedef {{ status: number, headers: Headers, text: string, body: any }} Answer `body` is undefined when it is no JSON
 * @typedef {Omit<RequestInit, "body"> & { json?: unknown, body?: RequestInit["body"], token?: string }} Call
 */

export class Client {
  constructor(/** @type {string} */ origin) {
    this.origin = origin;
  }

  /** @param {string} path @param {Call} [call] @returns {Promise<Answer>} */
  async fetch(path, { json, token, ...init } = {}) {
    const headers = new Headers(init.headers);
    if (json !== undefined) headers.set("content-type", "application/json");
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    const body = json === undefined ? init.body : JSON.stringify(json);
    const response = await fetch(this.origin + path, { redirect: "manual", signal: AbortSignal.timeout(DEADLINE), ...init, body, headers });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  }

  /**
   * Announces a large body and gives the status. A server that refuses it answers before it has read it, and cuts the line
   * in the middle of the rest, with the answer lost; so the rest only follows where the first part brought no answer, as at
   * an edge that gathers the body first.
   * @param {string} path @param {number} bytes @param {string} [token] @returns {Promise<number>}
   */
  large(path, bytes, token) {
    const headers = { "content-type": "application/json", "content-length": bytes, ...(token && { authorization: `Bearer ${token}` }) };
    const url = new URL(this.origin + path);
    return new Promise((resolve, reject) => {
      const sending = (url.protocol === "https:" ? overHttps : overHttp)(url, { method: "POST", headers, agent: false, timeout: DEADLINE });
      const rest = setTimeout(() => sending.end(Buffer.alloc(bytes - FIRST, " ")), PAUSE);
      sending.once("response", ({ statusCode = 0 }) => (resolve(statusCode), sending.destroy()));
      sending.once("close", () => clearTimeout(rest));
      sending.once("timeout", () => sending.destroy(new Error(`no answer to ${bytes} bytes within ${DEADLINE / 1000} s`)));
      sending.on("error", reject);
      sending.write(Buffer.alloc(FIRST, " "));
    });
  }

  /** @param {string} path @param {unknown} json @param {Call} [call] */
  post(path, json, call = {}) {
    return this.fetch(path, { method: "POST", json, ...call });
  }
}

/** An account of nobody: a name under `.invalid`, which no mail ever reaches, and a password that nobody will know. */
export class Throwaway {
  constructor(/** @type {Client} */ client) {
    this.client = client;
  }

  email = `golive-${randomBytes(8).toString("hex")}@golive.invalid`;
  password = randomBytes(24).toString("base64url");
  /** Tokens of its sessions, oldest first. @type {{ access: string, refresh: string }[]} */
  sessions = [];
  exists = false;

  async register() {
    const { email, password } = this;
    return this.#opened(await this.client.post(REGISTER, { email, password, name: "Go-live check" }), 201);
  }

  async login() {
    const { email, password } = this;
    return this.#opened(await this.client.post(LOGIN, { email, password }), 200);
  }

  /** A token that works, of the newest session. */
  get token() {
    return this.sessions.at(-1)?.access;
  }

  /** @returns {Promise<Answer | undefined>} undefined when there is nothing to delete */
  async remove() {
    if (!this.exists) return undefined;
    if (!this.token) await this.login();
    const answer = await this.client.fetch(ME, { method: "DELETE", json: { password: this.password }, token: this.token });
    if (answer.status === 204) this.exists = false;
    return answer;
  }

  /** @param {Answer} answer @param {number} status */
  #opened(answer, status) {
    if (answer.status === status && answer.body?.access_token) {
      this.exists = true;
      this.sessions.push({ access: answer.body.access_token, refresh: answer.body.refresh_token });
    }
    return answer;
  }
}

export const REGISTER = "/api/v1/auth/register";
export const LOGIN = "/api/v1/auth/login";
export const REFRESH = "/api/v1/auth/refresh";
export const LOGOUT = "/api/v1/auth/logout";
export const ME = "/api/v1/auth/me";
export const SESSIONS = "/api/v1/auth/sessions";
export const DETECT = "/api/v1/ai-tools/detect";
export const BATCH = "/api/v1/ai-tools/detect/batch";

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
