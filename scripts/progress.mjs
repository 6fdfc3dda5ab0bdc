// How far something is that takes long: on a terminal one line that changes, elsewhere a line now and then. On standard error,
// since standard output may be one JSON object.

/**
 * @param {(done: number, all: number) => string} shown
 * @returns {(done: number, all: number) => void} to be told how far it is
 */
export function progress(shown) {
  let last = -Infinity;
  return (done, all) => {
    const now = Date.now();
    const isOver = done >= all;
    if (!isOver && now - last < (process.stderr.isTTY ? 200 : 10_000)) return;
    last = now;
    process.stderr.write(process.stderr.isTTY ? `\r  ${shown(done, all)}${isOver ? "\n" : ""}` : `  ${shown(done, all)}\n`);
  };
}

/** A line for the parts of a download. */
export const parts = () => progress((done, all) => `part ${done} of ${all}`);

/** A line for bytes. */
export const percent = (/** @type {string} */ what) => progress((done, all) => `${what}: ${all > 0 ? Math.floor((done / all) * 100) : 100} %`);
