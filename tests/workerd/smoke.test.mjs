// The built Worker starts, answers, keeps its data over SIGKILL, and its harness leaves nothing behind.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, before, describe, it } from "node:test";
import { startBare, startWorker } from "./harness.mjs";
import { builtBefore } from "../../scripts/build.mjs";
import { freePort } from "../../scripts/ports.mjs";
import { children } from "../../scripts/processes.mjs";

describe("the built Worker in workerd", () => {
  /** @type {import("./harness.mjs").Worker} */
  let worker;
  before(async () => void (worker = await startWorker()));
  after(() => worker.stop());

  it("is alive", async () => {
    const answer = await worker.fetch("/healthz");
    assert.equal(answer.status, 200);
    const { commit, built_at: at } = await answer.json();
    const built = builtBefore();
    assert.deepEqual([commit, Date.parse(at) / 1000], [built?.commit, Number(built?.time)], "what the build was made from");
  });

  it("comes back on the same data after SIGKILL", async () => {
    const first = await worker.d1;
    await first.prepare("CREATE TABLE kept (n INTEGER)").run();
    await first.prepare("INSERT INTO kept VALUES (7)").run();
    await worker.kill9();
    await assert.rejects(worker.fetch("/healthz"));
    await worker.restart();
    assert.equal((await worker.fetch("/healthz")).status, 200);
    assert.equal(await (await worker.d1).prepare("SELECT n FROM kept").first("n"), 7);
  });

  it("takes another port when somebody else was faster, and leaves nothing of the first start behind", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = /** @type {import("node:net").AddressInfo} */ (other.address());
    const found = [port];
    const earlier = children().length;
    const bare = await startBare("export default { fetch: () => new Response('here') }", { ports: async () => found.pop() ?? freePort() });
    try {
      assert.notEqual(bare.port, port);
      assert.equal(await (await fetch(`http://127.0.0.1:${bare.port}`)).text(), "here");
      assert.equal(children().length, earlier + 1);
    } finally {
      await bare.stop();
      other.close();
    }
  });

  it("leaves no process behind", async () => {
    const second = await startWorker();
    const running = children().length;
    await second.stop();
    assert.equal(children().length, running - 1);
  });
});
