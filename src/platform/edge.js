// The few places where one call into JavaScript replaces a dozen: each function here is one crossing of the border
// between WebAssembly and JavaScript, with text or bytes on both sides. Nothing is decided here.

// "METHOD\nURL\nname\nvalue\nname\nvalue...": a header can't hold a line break.
export function head(/** @type {Request} */ request) {
  let text = request.method + "\n" + request.url;
  for (const [name, value] of request.headers) text += "\n" + name + "\n" + value;
  return text;
}

// `headers` as in `head`. `body` is a view on WebAssembly memory, which the next call may move: it is copied.
export function reply(/** @type {number} */ status, /** @type {string} */ headers, /** @type {Uint8Array<ArrayBuffer>} */ body) {
  const list = new Headers();
  const lines = headers.split("\n");
  for (let i = 0; i + 1 < lines.length; i += 2) list.append(lines[i] ?? "", lines[i + 1] ?? "");
  return new Response(body.length === 0 ? null : body.slice(), { status, headers: list });
}

export async function whole(/** @type {Request} */ request) {
  return new Uint8Array(await request.arrayBuffer());
}

export function reader(/** @type {Request} */ request) {
  return request.body?.getReader();
}

// The next chunk, or undefined at the end.
export async function chunk(/** @type {ReadableStreamDefaultReader<Uint8Array>} */ reader) {
  const { done, value } = await reader.read();
  return done ? undefined : value;
}

// Asks the object of that name; gives three digits of status and the body. The stub lives and dies in here: it belongs
// to the request that made it.
export async function ask(/** @type {any} */ namespace, /** @type {string} */ name, /** @type {string} */ path, /** @type {string} */ body, /** @type {string} */ traceparent) {
  const response = await namespace.getByName(name).fetch("https://object" + path, { method: "POST", body, headers: { traceparent } });
  return response.status + (await response.text());
}

// Sends a request elsewhere; `headers` as in `head`. Gives [status, headers, body]. An answer that is late or too long is an
// error, and what is left of it is not read.
export async function outbound(
  /** @type {string} */ method,
  /** @type {string} */ url,
  /** @type {string} */ headers,
  /** @type {Uint8Array<ArrayBuffer>} */ body,
  /** @type {number} */ deadline,
  /** @type {number} */ limit,
) {
  const list = new Headers();
  const lines = headers.split("\n");
  for (let i = 0; i + 1 < lines.length; i += 2) list.append(lines[i] ?? "", lines[i + 1] ?? "");
  const sent = body.length === 0 ? null : body.slice();
  const signal = AbortSignal.timeout(deadline);
  const response = await fetch(url, { method, headers: list, body: sent, redirect: "manual", signal });
  const parts = [];
  let length = 0;
  if (response.body) {
    for await (const part of response.body) {
      length += part.length;
      if (length > limit) throw new RangeError("the answer is too long");
      parts.push(part);
    }
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  let text = "";
  for (const [name, value] of response.headers) text += name + "\n" + value + "\n";
  return [response.status, text, whole];
}

// `values` is a JSON array; gives [[column, ...], [value, ...], ...] as JSON. `raw` keeps columns of the same name apart.
export async function query(/** @type {any} */ db, /** @type {string} */ sql, /** @type {string} */ values) {
  const rows = await db.prepare(sql).bind(...JSON.parse(values)).raw({ columnNames: true });
  return JSON.stringify(rows);
}

// `statements` is a JSON array of [sql, [value, ...]]; gives [{changes, rows}, ...] as JSON.
export async function batch(/** @type {any} */ db, /** @type {string} */ statements) {
  const bound = JSON.parse(statements).map((/** @type {[string, unknown[]]} */ [sql, values]) => db.prepare(sql).bind(...values));
  const results = await db.batch(bound);
  return JSON.stringify(results.map((/** @type {any} */ { results, meta }) => ({ changes: meta.changes, rows: results })));
}

// The stack of whoever calls, with the names of functions in WebAssembly.
export function stack() {
  return new Error().stack ?? "";
}

// This module outlives an instance of the WebAssembly one, which may end in a way that can't be caught; so what is known of
// that is kept here, for the instance that follows. (The dying one can't: it may call nothing any more.)
let instances = 0;
let lastError = "";

addEventListener("error", (/** @type {any} */ event) => {
  lastError = String(event.error?.stack ?? event.message);
});

// The stack of what ended the instance before this one, or "?"; empty for the first.
export function previousEnd() {
  instances += 1;
  return instances === 1 ? "" : lastError || "?";
}
