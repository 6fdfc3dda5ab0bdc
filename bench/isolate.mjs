// What the isolate of the Worker holds, asked of workerd's inspector while it works: the part of the process that counts
// against the limit of production, without the simulations of D1 and R2 beside it.
//
// Counted are the heap, the objects of workerd behind those of JavaScript, array buffers, and WebAssembly's memory. Of the
// heap it is what V8 has taken and not what it uses, so that garbage and gaps count too. Not counted is compiled code.

import { Problem } from "../scripts/process.mjs";

const EVERY_MS = 100;

/**
 * @typedef {object} Isolate what it held, in bytes
 * @property {number} idle before, garbage collected
 * @property {number} peak at most, all together
 * @property {number} heap V8's own at most
 * @property {number} buffers at most
 * @property {number} wasm at the end, which is at most, for that memory never shrinks
 * @property {number} samples
 */

/**
 * Watches until `stop` is called, which tells what was seen.
 * @param {string} address of the inspector of one service
 */
export async function watchIsolate(address) {
  const { call, event, close } = await connect(address);
  // Being enabled makes V8 keep what is logged, so only until the context is known.
  const created = event("Runtime.executionContextCreated");
  await call("Runtime.enable");
  const { context } = await created;
  await call("Runtime.disable");
  // WebAssembly's memory is in none of the figures of the heap. The search for it collects all garbage: once, beforehand.
  const { result: prototype } = await call("Runtime.evaluate", { expression: "WebAssembly.Memory.prototype", contextId: context.id });
  const { objects } = await call("Runtime.queryObjects", { prototypeObjectId: prototype.objectId });
  const wasm = async () => {
    const sum = "function () { return this.reduce((sum, { buffer }) => sum + buffer.byteLength, 0); }";
    const { result } = await call("Runtime.callFunctionOn", { objectId: objects.objectId, functionDeclaration: sum, returnByValue: true });
    if (!(result.value > 0)) throw new Problem("The isolate of the Worker has no WebAssembly memory");
    return /** @type {number} */ (result.value);
  };
  const look = async () => {
    const { totalSize, embedderHeapUsedSize, backingStorageSize } = await call("Runtime.getHeapUsage");
    return { heap: totalSize + embedderHeapUsedSize, buffers: backingStorageSize };
  };

  const before = await look();
  const idle = before.heap + before.buffers + (await wasm());
  let [heap, buffers, both, samples] = [0, 0, 0, 0];
  let watching = true;
  const watched = (async () => {
    while (watching) {
      const now = await look();
      [heap, buffers, both] = [Math.max(heap, now.heap), Math.max(buffers, now.buffers), Math.max(both, now.heap + now.buffers)];
      samples += 1;
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  })();
  // Told by `stop`; until then nobody waits for it.
  watched.catch(() => undefined);

  return {
    /** @returns {Promise<Isolate>} */
    async stop() {
      try {
        watching = false;
        await watched;
        const last = await wasm();
        return { idle, peak: both + last, heap, buffers, wasm: last, samples };
      } finally {
        close();
      }
    },
  };
}

/** @param {string} address */
async function connect(address) {
  const socket = new WebSocket(address);
  /** @type {Map<number | string, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
  const waiting = new Map();
  const wait = (/** @type {number | string} */ key) => new Promise((resolve, reject) => void waiting.set(key, { resolve, reject }));
  socket.addEventListener("message", ({ data }) => {
    const { id, method, params, result, error } = JSON.parse(String(data));
    const waiter = waiting.get(id ?? method);
    waiting.delete(id ?? method);
    if (error) waiter?.reject(new Problem(`The inspector refused: ${error.message}`));
    else waiter?.resolve(result ?? params);
  });
  const opened = wait("open");
  socket.addEventListener("open", () => waiting.get("open")?.resolve(undefined));
  socket.addEventListener("close", () => waiting.forEach(({ reject }) => reject(new Problem("The inspector of the Worker is gone"))));
  await opened;
  waiting.delete("open");

  let calls = 0;
  return {
    event: (/** @type {string} */ name) => wait(name),
    /** @param {string} method @param {object} [params] @returns {Promise<any>} */
    call(method, params = {}) {
      if (socket.readyState !== WebSocket.OPEN) return Promise.reject(new Problem("The inspector of the Worker is gone"));
      calls += 1;
      socket.send(JSON.stringify({ id: calls, method, params }));
      return wait(calls);
    },
    close: () => socket.close(),
  };
}
