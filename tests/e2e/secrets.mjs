// What people type, and what opens their sessions, as it passes through their browsers: and the search for it in all that the
// Worker has said of itself.

import assert from "node:assert/strict";

/** Below this a text is not a secret but a coincidence. */
const SHORTEST = 8;
/** Of a long text every piece is secret. */
const PIECE = 32;
/** Words of the interface itself, which stand in bodies beside what is secret. */
const OPEN = new Set(["cookie", "bearer"]);

/** @typedef {import("playwright-core").BrowserContext} Context */

export class Secrets {
  /** @type {Set<string>} */
  #found = new Set();
  /** @type {Set<Promise<unknown>>} */
  #reading = new Set();

  /** Collects, from now on, from everything that the pages of a context send and get. @param {Context} context */
  watch(context) {
    context.on("request", (request) => {
      this.#body(request.postData());
      this.#later(request.allHeaders().then(({ authorization, cookie }) => this.#credentials(authorization, cookie)));
    });
    context.on("response", (response) => {
      if (!new URL(response.url()).pathname.startsWith("/api/v1/auth/") && !response.url().endsWith("/detect")) return;
      this.#later(response.headerValues("set-cookie").then((cookies) => this.#credentials(undefined, cookies.join("; "))));
      this.#later(response.text().then((text) => this.#answer(text)));
    });
  }

  /** @param {string} text */
  add(text) {
    const whole = text.trim();
    if (whole.length < SHORTEST || OPEN.has(whole)) return;
    if (whole.length <= 2 * PIECE) return void this.#found.add(whole);
    for (let at = 0; at + PIECE <= whole.length && at < 20 * PIECE; at += PIECE) this.#found.add(whole.slice(at, at + PIECE));
  }

  /** What was collected, once all of it has been read. */
  async all() {
    while (this.#reading.size > 0) await Promise.all(this.#reading);
    return [...this.#found];
  }

  /** Fails when any of these texts holds any of it. @param {string[]} texts */
  async assertAbsentFrom(texts) {
    const secrets = await this.all();
    const all = texts.join("\n");
    const leaked = secrets.filter((secret) => all.includes(secret) || all.includes(JSON.stringify(secret).slice(1, -1)));
    assert.deepEqual(leaked.map((secret) => `${secret.slice(0, 12)}...`), [], "what people sent stands in a log or a report");
    return secrets;
  }

  /** @param {string | null} text */
  #body(text) {
    if (!text) return;
    try {
      this.#strings(JSON.parse(text));
    } catch {
      // A form with a file: each of its lines is somebody's.
      for (const line of text.split(/\r?\n/)) if (!/^(--|content-)/i.test(line)) this.add(line);
    }
  }

  /** @param {unknown} value */
  #strings(value) {
    if (typeof value === "string") this.add(value);
    else if (value && typeof value === "object") Object.values(value).forEach((inner) => this.#strings(inner));
  }

  /** @param {string | undefined} authorization @param {string | undefined} cookies */
  #credentials(authorization, cookies) {
    if (authorization) this.add(authorization.replace(/^Bearer /, ""));
    for (const pair of cookies?.split(/;\s*/) ?? []) {
      const [name = "", value = ""] = pair.split("=");
      if (name.startsWith("__Host-")) this.add(value);
    }
  }

  /** Of answers: tokens, whose account it is, and the text that was read from a file. @param {string} text */
  #answer(text) {
    /** @type {any} */
    let body;
    try {
      body = JSON.parse(text);
    } catch {
      return;
    }
    for (const secret of [body.access_token, body.refresh_token, body.user?.email, body.user?.name, body.email, body.name, body.document?.text]) {
      if (typeof secret === "string") this.add(secret);
    }
  }

  /** Pages close while their answers are read: what was lost then, the request has told. @param {Promise<unknown>} reading */
  #later(reading) {
    const kept = reading.catch(() => undefined).finally(() => this.#reading.delete(kept));
    this.#reading.add(kept);
  }
}
