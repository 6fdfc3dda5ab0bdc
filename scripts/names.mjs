// The names of functions in a WebAssembly file, for stack traces: kept, without the hash that the compiler puts behind each.
//
// `::h0123456789abcdef`, or `[0123456789abcdef]` behind the name of a crate, tells nobody anything, changes with every build,
// and random digits do not compress: together they are some 27 KB of the Worker.

const MAGIC = Buffer.from([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
const CUSTOM = 0;
const FUNCTIONS = 1;
const HASH = /::h[0-9a-f]{16}$|\[[0-9a-f]{12,16}\]/g;

/** @param {Buffer} wasm @returns {Buffer} the same module with shorter names */
export function withoutHashes(wasm) {
  if (!wasm.subarray(0, 8).equals(MAGIC)) throw new Error("not a WebAssembly file");
  /** @type {Buffer[]} */
  const out = [MAGIC];
  for (const { id, body } of chunks(wasm, 8)) {
    const [length, at] = id === CUSTOM ? leb(body, 0) : [0, 0];
    const isNames = id === CUSTOM && body.toString("utf8", at, at + length) === "name";
    out.push(chunk(id, isNames ? Buffer.concat([body.subarray(0, at + length), ...names(body, at + length)]) : body));
  }
  return Buffer.concat(out);
}

/** The parts of the name section. @param {Buffer} section @param {number} at */
function* names(section, at) {
  for (const { id, body } of chunks(section, at)) yield chunk(id, id === FUNCTIONS ? functions(body) : body);
}

/** @param {Buffer} body */
function functions(body) {
  let [count, at] = leb(body, 0);
  const out = [unleb(count)];
  for (; count > 0; count -= 1) {
    const [index, afterIndex] = leb(body, at);
    const [length, start] = leb(body, afterIndex);
    const name = Buffer.from(body.toString("utf8", start, start + length).replace(HASH, ""));
    out.push(unleb(index), unleb(name.length), name);
    at = start + length;
  }
  return Buffer.concat(out);
}

/** One byte of kind, a length, and so many bytes. @param {Buffer} bytes @param {number} at */
function* chunks(bytes, at) {
  while (at < bytes.length) {
    const [length, start] = leb(bytes, at + 1);
    yield { id: bytes[at] ?? 0, body: bytes.subarray(start, start + length) };
    at = start + length;
  }
}

/** @param {number} id @param {Buffer} body */
const chunk = (id, body) => Buffer.concat([Buffer.from([id]), unleb(body.length), body]);

/** An unsigned LEB128 number, and where it ends. @param {Buffer} bytes @param {number} at @returns {[number, number]} */
function leb(bytes, at) {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[at] ?? 0;
    at += 1;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return [value, at];
  }
}

/** @param {number} value */
function unleb(value) {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  return Buffer.from([...bytes, value]);
}
