// Files and batches on the built Worker: what is read is read in wasm, and a batch is counted by the real limiter.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { deflateSync } from "node:zlib";
import { startWorker } from "./harness.mjs";

const DETECT = "/api/v1/ai-tools/detect";
const sample = (/** @type {string} */ name) => readFileSync(new URL(`../samples/${name}`, import.meta.url));

describe("files and batches", () => {
  /** @type {import("./harness.mjs").Worker} */
  let worker;
  /** @type {{ access_token: string, user: { id: string } }} */
  let person;
  before(async () => {
    worker = await startWorker({ vars: { DETECT_LIMIT: "10/hour" } });
    const body = { email: "ada@example.com", password: "granite otter lamp 47" };
    person = await (await worker.post("/api/v1/auth/register", body)).json();
  });
  after(() => worker.stop());

  const headers = () => ({ authorization: `Bearer ${person.access_token}` });
  const batch = (/** @type {number} */ count) => {
    const texts = Array.from({ length: count }, (_, index) => ({ id: String(index), text: `Text number ${index}.` }));
    return worker.post(`${DETECT}/batch`, { texts }, { headers: headers() });
  };
  const upload = (/** @type {string} */ name, /** @type {Buffer} */ bytes) => {
    const body = new FormData();
    body.set("file", new Blob([new Uint8Array(bytes)]), name);
    return worker.fetch(DETECT, { method: "POST", body, headers: headers() });
  };
  it("counts a batch as many times as it has texts, all or none, also after an eviction", async () => {
    const first = await batch(5);
    assert.equal(first.status, 200);
    const { results, usage } = await first.json();
    assert.deepEqual([results.map((/** @type {any} */ one) => one.id).join(), usage.remaining], ["0,1,2,3,4", 5]);
    // What is left afterwards is what the rows of the object say.
    await worker.evict("LimiterObject", `detect:${person.user.id}`);
    const refused = await batch(6);
    assert.equal(refused.status, 429);
    assert.match((await refused.json()).detail, /counts as 6 calls, and 5 are left/);
  });

  it("reads Word and PDF files", async () => {
    for (const [name, kind] of /** @type {[string, string][]} */ ([["word.docx", "docx"], ["typst.pdf", "pdf"]])) {
      const answer = await upload(name, sample(name));
      const body = await answer.json();
      assert.equal(answer.status, 200, JSON.stringify(body));
      assert.equal(body.document.kind, kind);
      assert.match(body.document.text, /^The library\n\nThe town library closed its doors on a wet Thursday/);
    }
  });

  it("survives files made to do harm, and counts none of them", async () => {
    const packed = deflateSync(Buffer.alloc(100 << 20, " "), { level: 9 });
    const objects = [
      "<< /Type /Catalog /Pages 2 0 R >>",
      "<< /Kids [3 0 R] >>",
      "<< /Type /Page /Contents 4 0 R >>",
      `<< /Filter /FlateDecode /Length ${packed.length} >>\nstream\n${packed.toString("latin1")}\nendstream`,
    ];
    const bomb = `%PDF-1.4\n${objects.map((text, index) => `${index + 1} 0 obj\n${text}\nendobj\n`).join("")}`;
    const deep = `%PDF-1.4\n1 0 obj ${"[".repeat(1 << 20)}`;
    for (const [name, bytes, status] of /** @type {[string, Buffer, number][]} */ ([
      ["bomb.pdf", Buffer.from(bomb, "latin1"), 413],
      ["deep.pdf", Buffer.from(deep, "latin1"), 422],
      ["zeros.pdf", Buffer.concat([Buffer.from("%PDF-"), Buffer.alloc(5 << 20)]), 422],
      ["essay.docx", Buffer.concat([Buffer.from("PK\x03\x04"), Buffer.alloc(5 << 20)]), 422],
      ["encrypted.pdf", sample("encrypted.pdf"), 422],
    ])) {
      const answer = await upload(name, bytes);
      assert.equal(answer.status, status, `${name}: ${await answer.text()}`);
    }
    assert.equal((await worker.fetch("/healthz")).status, 200);
    assert.equal((await (await batch(3)).json()).usage.remaining, 0);
    assert.equal((await batch(1)).status, 429);
  });
});
