// The few places where one call into JavaScript replaces a dozen: each function here is one crossing of the border
// between WebAssembly and JavaScript, with text or bytes on both sides. Nothing is decided here.

// "METHOD\nURL\nname\nvalue\nname\nvalue...": a header can't hold a line break.
export function head(request) {
  let text = request.method + "\n" + request.url;
  for (const [name, value] of request.headers) text += "\n" + name + "\n" + value;
  return text;
}

// `headers` as in `head`. `body` is a view on WebAssembly memory, which the next call may move: it is copied.
export function reply(status, headers, body) {
  const list = new Headers();
  const lines = headers.split("\n");
  for (let i = 0; i + 1 < lines.length; i += 2) list.append(lines[i], lines[i + 1]);
  return new Response(body.length === 0 ? null : body.slice(), { status, headers: list });
}

export async function whole(request) {
  return new Uint8Array(await request.arrayBuffer());
}

export function reader(request) {
  return request.body?.getReader();
}

// The next chunk, or undefined at the end.
export async function chunk(reader) {
  const { done, value } = await reader.read();
  return done ? undefined : value;
}

// Asks the object of that name; gives three digits of status and the body. The stub lives and dies in here: it belongs
// to the request that made it.
export async function ask(namespace, name, path, body) {
  const response = await namespace.getByName(name).fetch("https://object" + path, { method: "POST", body });
  return response.status + (await response.text());
}

// `values` is a JSON array; gives [[column, ...], [value, ...], ...] as JSON. `raw` keeps columns of the same name apart.
export async function query(db, sql, values) {
  const rows = await db.prepare(sql).bind(...JSON.parse(values)).raw({ columnNames: true });
  return JSON.stringify(rows);
}

// `statements` is a JSON array of [sql, [value, ...]]; gives [{changes, rows}, ...] as JSON.
export async function batch(db, statements) {
  const bound = JSON.parse(statements).map(([sql, values]) => db.prepare(sql).bind(...values));
  const results = await db.batch(bound);
  return JSON.stringify(results.map(({ results, meta }) => ({ changes: meta.changes, rows: results })));
}
