// `npm run dev` as somebody meets it who types what it says.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { freePort } from "../../scripts/ports.mjs";
import { sleep } from "../../scripts/process.mjs";
import { checkout } from "./checkout.mjs";

describe("npm run dev", { timeout: 300_000 }, () => {
  const copy = checkout();
  after(() => copy.remove());

  it("serves, with data where it is told, and prints a registration that works", async () => {
    const [port, data] = [await freePort(), join(copy.folder, "data")];
    const args = [join(copy.folder, "scripts", "main.mjs"), "dev", "--port", String(port), "--inspector-port", "0", "--persist-to", data, "--var", "LOG_FORMAT:json"];
    const server = spawn(process.execPath, args, { cwd: copy.folder, stdio: ["ignore", "pipe", "pipe"] });
    const ended = new Promise((resolve) => server.once("exit", resolve));
    let said = "";
    for (const stream of [server.stdout, server.stderr]) stream.on("data", (piece) => void (said += piece));
    const until = async (/** @type {RegExp} */ pattern) => {
      for (const deadline = Date.now() + 120_000; ; await sleep(100)) {
        const found = pattern.exec(said);
        if (found) return found;
        assert.ok(Date.now() < deadline && server.exitCode === null, said);
      }
    };
    try {
      const [, url = "", body = ""] = await until(/^ {2}curl (\S+) .*\\\n +-d '(.*)'$/m);
      const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
      assert.equal(answer.status, 201, await answer.text());
      await until(/"http.route":"\/api\/v1\/auth\/register"/);
      assert.deepEqual([existsSync(data), existsSync(join(copy.folder, ".wrangler", "state", "v3", "d1"))], [true, false]);
    } finally {
      server.kill("SIGTERM");
      await ended;
    }
  });
});
