// The few places where one call into JavaScript replaces a dozen: each function here is one crossing of the border
// between WebAssembly and JavaScript, with text or bytes on both sides. Nothing is decided here.

// "METHOD\nURL\nname\nvalue\nname\nvalue...": a header can't hold a line break.
export function head(/** @type {Request} */ request) {
  let text = request.method + "\n" + request.url;
  request.headers.forEach((value, name) => {
    text += "\n" + name + "\n" + value;
  });
  return text;
}

// An answer of the headers in `common`, which stay as they are, and of those in `headers`, written as in `head`. To copy what
// is common to most answers costs far less than to set one header after the other. `body` is a view on WebAssembly memory,
// which the next call may move: it is copied.
export function reply(/** @type {number} */ status, /** @type {Headers | undefined} */ common, /** @type {string} */ headers, /** @type {Uint8Array<ArrayBuffer>} */ body) {
  const response = new Response(body.length === 0 ? null : body.slice(), { status, headers: common });
  append(response.headers, headers);
  return response;
}

// Headers as in `head`, to be handed to `reply` again and again.
export function headersOf(/** @type {string} */ text) {
  const list = new Headers();
  append(list, text);
  return list;
}

function append(/** @type {Headers} */ list, /** @type {string} */ text) {
  const lines = text.split("\n");
  for (let i = 0; i + 1 < lines.length; i += 2) list.append(lines[i] ?? "", lines[i + 1] ?? "");
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

// Text for WebAssembly. A short one goes as it is; of a long one its bytes, which cross in one stroke and not letter by letter.
function crossing(/** @type {string} */ text) {
  return text.length < 2_048 ? text : encoder.encode(text);
}

const encoder = new TextEncoder();

// Gives memory back at once. What is left to the garbage collector may add up to a hundred megabytes before it looks.
export function release(/** @type {Uint8Array<ArrayBuffer>} */ bytes) {
  if (!bytes.buffer.detached) bytes.buffer.transfer(0);
}

// Lends a copy of a view on WebAssembly memory, which the next call may move.
async function lending(/** @type {Uint8Array<ArrayBuffer>} */ bytes, /** @type {(copy: Uint8Array<ArrayBuffer>) => Promise<any>} */ use) {
  const copy = bytes.slice();
  try {
    return await use(copy);
  } finally {
    release(copy);
  }
}

// Asks the object of that name; gives three digits of status and the body. The stub lives and dies in here: it belongs
// to the request that made it.
export async function ask(/** @type {any} */ namespace, /** @type {string} */ name, /** @type {string} */ path, /** @type {string} */ body, /** @type {string} */ traceparent) {
  const response = await namespace.getByName(name).fetch("https://object" + path, { method: "POST", body, headers: { traceparent } });
  return response.status + (await response.text());
}

// Sends a request elsewhere, or to a server that is a binding; `headers` as in `head`. Gives [status, headers, body]. An answer that is late or too long is an
// error, and what is left of it is not read.
export async function outbound(
  /** @type {{ fetch: typeof fetch } | undefined} */ server,
  /** @type {string} */ method,
  /** @type {string} */ url,
  /** @type {string} */ headers,
  /** @type {Uint8Array<ArrayBuffer>} */ body,
  /** @type {number} */ deadline,
  /** @type {number} */ limit,
) {
  const sent = body.length === 0 ? null : body.slice();
  const signal = AbortSignal.timeout(deadline);
  const response = await (server ?? globalThis).fetch(url, { method, headers: headersOf(headers), body: sent, redirect: "manual", signal });
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

// `values` is a JSON array; gives [[column, ...], [value, ...], ...] as JSON. `raw` keeps columns of the same name apart. A very
// long text at the end of the only row comes beside it: [JSON, bytes].
export async function query(/** @type {any} */ db, /** @type {string} */ sql, /** @type {string} */ values) {
  return apart(await db.prepare(sql).bind(...JSON.parse(values)).raw({ columnNames: true }));
}

function apart(/** @type {any[][]} */ rows) {
  const row = (rows.length === 2 && rows[1]) || [];
  const text = row[row.length - 1];
  if (typeof text !== "string" || text.length < 65_536) return crossing(JSON.stringify(rows));
  row.pop();
  return [JSON.stringify(rows), encoder.encode(text)];
}

// `statements` is a JSON array of [sql, [value, ...]]; gives [{changes, rows}, ...] as JSON.
export async function batch(/** @type {any} */ db, /** @type {string} */ statements) {
  const bound = JSON.parse(statements).map((/** @type {[string, unknown[]]} */ [sql, values]) => db.prepare(sql).bind(...values));
  const results = await db.batch(bound);
  return crossing(JSON.stringify(results.map((/** @type {any} */ { results, meta }) => ({ changes: meta.changes, rows: results }))));
}

// An object's bytes, all of them when `length` is negative; undefined when there is none.
export async function readObject(/** @type {any} */ bucket, /** @type {string} */ key, /** @type {number} */ offset, /** @type {number} */ length) {
  const found = await bucket.get(key, length < 0 ? {} : { range: { offset, length } });
  return found?.body ? new Uint8Array(await found.arrayBuffer()) : undefined;
}

// Gives whether it was put; with `fresh`, only where there is nothing yet.
export async function putObject(/** @type {any} */ bucket, /** @type {string} */ key, /** @type {Uint8Array<ArrayBuffer>} */ bytes, /** @type {boolean} */ fresh) {
  const put = await lending(bytes, (copy) => bucket.put(key, copy, fresh ? { onlyIf: { etagDoesNotMatch: "*" } } : {}));
  return put !== null;
}

export async function beginUpload(/** @type {any} */ bucket, /** @type {string} */ key) {
  return (await bucket.createMultipartUpload(key)).uploadId;
}

/** @typedef {{ writer: WritableStreamDefaultWriter<Uint8Array>, done: Promise<{ etag: string }> }} Part */

// A part that is written a piece at a time, of which the bucket must know the length. Its upload begins at once.
export function openPart(/** @type {any} */ bucket, /** @type {string} */ key, /** @type {string} */ upload, /** @type {number} */ number, /** @type {number} */ size) {
  const { readable, writable } = new FixedLengthStream(size);
  const done = bucket.resumeMultipartUpload(key, upload).uploadPart(number, readable);
  // Whoever writes or closes is told; when nobody does any more, nobody need be.
  done.catch(() => undefined);
  return { writer: writable.getWriter(), done };
}

// Returns when the piece has gone. An upload that failed reads no more, and says why.
export async function writePart(/** @type {Part} */ { writer, done }, /** @type {Uint8Array<ArrayBuffer>} */ bytes) {
  await lending(bytes, (copy) => Promise.race([writer.write(copy), done]));
}

// Gives the tag.
export async function closePart(/** @type {Part} */ { writer, done }) {
  const [{ etag }] = await Promise.all([done, writer.close()]);
  return etag;
}

export function abortPart(/** @type {Part} */ { writer }) {
  writer.abort(new Error("the part was given up")).catch(() => undefined);
}

// `parts` is a JSON array of {partNumber, etag}.
export async function completeUpload(/** @type {any} */ bucket, /** @type {string} */ key, /** @type {string} */ upload, /** @type {string} */ parts) {
  await bucket.resumeMultipartUpload(key, upload).complete(JSON.parse(parts));
}

export async function abortUpload(/** @type {any} */ bucket, /** @type {string} */ key, /** @type {string} */ upload) {
  await bucket.resumeMultipartUpload(key, upload).abort();
}

// Every [key, size] under a prefix, as JSON.
export async function listObjects(/** @type {any} */ bucket, /** @type {string} */ prefix) {
  const found = [];
  for (let cursor; ; ) {
    const page = await bucket.list({ prefix, cursor });
    for (const { key, size } of page.objects) found.push([key, size]);
    if (!page.truncated) return JSON.stringify(found);
    cursor = page.cursor;
  }
}

export async function deleteObject(/** @type {any} */ bucket, /** @type {string} */ key) {
  await bucket.delete(key);
}

// A mark for Time Travel, undefined where there is none.
export async function bookmark(/** @type {any} */ db) {
  const session = db.withSession("first-primary");
  await session.prepare("SELECT 1").all();
  return session.getBookmark() ?? undefined;
}

// The memory of a run: one text, and bytes that wait. `mode`: keep, append, drop (`count` bytes) or clear. All of it or nothing.
export function journalCommit(/** @type {any} */ storage, /** @type {string} */ run, /** @type {string} */ mode, /** @type {Uint8Array<ArrayBuffer>} */ bytes, /** @type {number} */ count) {
  storage.transactionSync(() => {
    const { sql } = storage;
    sql.exec("CREATE TABLE IF NOT EXISTS run (id INTEGER PRIMARY KEY CHECK (id = 1), text TEXT NOT NULL) STRICT");
    sql.exec("CREATE TABLE IF NOT EXISTS waiting (id INTEGER PRIMARY KEY AUTOINCREMENT, bytes BLOB NOT NULL) STRICT");
    sql.exec("INSERT INTO run VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET text = excluded.text", run);
    if (mode === "clear") sql.exec("DELETE FROM waiting");
    // Small rows: of each there are a few copies on its way, and an allocator keeps room for every size that it has seen.
    for (let at = 0; mode === "append" && at < bytes.length; at += 1 << 16) {
      const row = bytes.slice(at, at + (1 << 16));
      sql.exec("INSERT INTO waiting (bytes) VALUES (?1)", row);
      release(row);
    }
    for (let left = mode === "drop" ? count : 0; left > 0; ) {
      const [first] = [...sql.exec("SELECT id, length(bytes) AS size FROM waiting ORDER BY id LIMIT 1")];
      if (!first) throw new Error("the journal has fewer bytes than it should");
      if (first.size > left) sql.exec("UPDATE waiting SET bytes = substr(bytes, ?2) WHERE id = ?1", first.id, left + 1);
      else sql.exec("DELETE FROM waiting WHERE id = ?1", first.id);
      left -= first.size;
    }
  });
}

// So many bytes of those that wait, behind the first `from` of them.
export function journalPeek(/** @type {any} */ storage, /** @type {number} */ from, /** @type {number} */ count) {
  const { sql } = storage;
  const whole = new Uint8Array(count);
  let [before, at] = [0, 0];
  for (const { id, size } of sql.exec("SELECT id, length(bytes) AS size FROM waiting ORDER BY id")) {
    const skipped = Math.max(from - before, 0);
    before += size;
    if (skipped >= size) continue;
    for (const { bytes } of sql.exec("SELECT substr(bytes, ?2, ?3) AS bytes FROM waiting WHERE id = ?1", id, skipped + 1, count - at)) {
      const piece = new Uint8Array(bytes);
      whole.set(piece, at);
      at += piece.length;
      release(piece);
    }
    if (at === count) break;
  }
  return whole.subarray(0, at);
}

// As `ask`, with bytes both ways; gives [status, bytes].
export async function send(/** @type {any} */ namespace, /** @type {string} */ name, /** @type {string} */ path, /** @type {Uint8Array<ArrayBuffer>} */ bytes, /** @type {string} */ traceparent) {
  return lending(bytes, async (body) => {
    const response = await namespace.getByName(name).fetch("https://object" + path, { method: "POST", body, headers: { traceparent } });
    return [response.status, new Uint8Array(await response.arrayBuffer())];
  });
}

// Runs one statement in an object's own SQLite; gives [[column, ...], [value, ...], ...] as JSON.
export function sqlRows(/** @type {any} */ storage, /** @type {string} */ statement) {
  const cursor = storage.sql.exec(statement);
  return crossing(JSON.stringify([cursor.columnNames, ...cursor.raw()]));
}

// As `query`, in an object's own SQLite.
export function sqlPage(/** @type {any} */ storage, /** @type {string} */ statement, /** @type {string} */ values) {
  const bound = JSON.parse(values).map((/** @type {unknown} */ value) => (Array.isArray(value) ? new Uint8Array(value) : value));
  const cursor = storage.sql.exec(statement, ...bound);
  return apart([cursor.columnNames, ...cursor.raw()]);
}

// Runs a statement in an object's own SQLite for what it does; it will not come again. The runtime keeps up to 1 MiB of texts
// with all that it has compiled of them, which takes ten times the room: blanks, of which nothing is compiled, make it fewer.
export function sqlOnce(/** @type {any} */ storage, /** @type {string} */ statement) {
  storage.sql.exec(statement.padEnd(16_384));
}

// Does something in an object's own SQLite as a whole, or not at all when it throws.
export function transaction(/** @type {any} */ storage, /** @type {() => void} */ work) {
  storage.transactionSync(work);
}

// The stack of whoever calls, with the names of functions in WebAssembly.
export function stack() {
  return new Error().stack ?? "";
}

// This module outlives an instance of the WebAssembly one, which may end in a way that can't be caught; so what is known of
// that is kept here, for the instance that follows. (The dying one can't: it may call nothing any more.)
let instances = 0;
let lastError = "";

// What the build was made from, as `scripts/build.mjs` writes it in front of this program; empty when it has not.
export function releaseStamp() {
  return String(/** @type {any} */ (globalThis).edgekeepRelease ?? "");
}

globalThis.addEventListener?.("error", (/** @type {any} */ event) => {
  lastError = String(event.error?.stack ?? event.message);
});

// The stack of what ended the instance before this one, or "?"; empty for the first.
export function previousEnd() {
  instances += 1;
  return instances === 1 ? "" : lastError || "?";
}
