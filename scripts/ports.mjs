// Ports of this machine.

import { connect, createServer } from "node:net";

/** @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** @returns {Promise<boolean>} */
export function isTaken(/** @type {number} */ port) {
  const attempts = ["127.0.0.1", "::1"].map(
    (host) =>
      new Promise((/** @type {(taken: boolean) => void} */ resolve) => {
        const socket = connect({ host, port, timeout: 1_000 });
        const end = (/** @type {boolean} */ taken) => (socket.destroy(), resolve(taken));
        socket.once("connect", () => end(true));
        socket.once("error", () => end(false));
        socket.once("timeout", () => end(false));
      }),
  );
  return Promise.all(attempts).then((taken) => taken.includes(true));
}
