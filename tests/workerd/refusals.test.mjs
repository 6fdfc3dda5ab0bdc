// What `npm run backup` and `npm run restore` refuse, and with which words: half a dump, a changed manifest, nonsense.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { generateIdentity } from "age-encryption";
import { Local, SETTINGS } from "./local.mjs";

const sha256 = (/** @type {string | Buffer} */ of) => createHash("sha256").update(of).digest("hex");

/** A Worker that answers each path with a text or bytes. @param {(path: string) => string | Buffer} answer */
async function serve(answer) {
  const server = createServer((request, response) => response.writeHead(200).end(answer(request.url ?? "")));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = server.address();
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`, stop };
}

describe("a backup that is not as it was made, by the commands", { timeout: 600_000 }, () => {
  const local = new Local();
  const file = join(local.folder, "backup.sql.gz");
  let [id, text, blob] = ["", "", ""];
  let bytes = Buffer.alloc(0);
  before(async () => {
    await local.prepare();
    await local.serve();
    id = (await local.json("backup", "now")).backup.id;
    await local.json("backup", "download", id, "--out", file);
    text = readFileSync(`${file}.manifest.json`, "utf8");
    bytes = readFileSync(file);
    // The manifest in the bucket, where Miniflare keeps it.
    blob = globSync(join(local.state, "v3", "r2", "*", "blobs", "*")).find((path) => readFileSync(path).includes('"self_sha256"')) ?? "";
    assert.equal(readFileSync(blob, "utf8"), text, "byte by byte");
  });
  after(() => local.stop());

  /** A file, with a manifest beside it or none. @param {Buffer} content @param {string} [manifest] */
  const plant = (content, manifest) => {
    const path = join(local.folder, `${sha256(content + (manifest ?? "")).slice(0, 8)}.sql.gz`);
    writeFileSync(path, content);
    if (manifest) writeFileSync(`${path}.manifest.json`, manifest);
    return path;
  };
  const restore = (/** @type {string[]} */ ...args) => local.command("restore", "--to", "local", "--replace", ...args);
  const refuses = async (/** @type {Promise<{ code: number, out: string, err: string }>} */ running, /** @type {RegExp} */ words) => {
    const { code, out, err } = await running;
    assert.equal(code, 1, out + err);
    assert.match(err, words);
    assert.doesNotMatch(err, /^\s+at .*:\d+:\d+\)?$/m, "no stack");
  };
  const untouched = () => local.write((database) => assert.equal(database.prepare("SELECT count(*) AS n FROM installation").get()?.n, 1));

  it("finds every kind of change in the manifest, in the bucket and in a file", async () => {
    const parsed = JSON.parse(text);
    /** @type {[string, string][]} */
    const changes = [
      [`"schema_sha256": "${parsed.schema_sha256[0]}`, `"schema_sha256": "${parsed.schema_sha256[0] === "a" ? "b" : "a"}`],
      [`"${parsed.migrations[0]}`, `"${parsed.migrations[0].replace("0", "1")}`],
      [`"as_of": "20`, `"as_of": "21`],
      [`"software": "${parsed.software[0]}`, `"software": "7`],
      [`"bookmark": "0`, `"bookmark": "1`],
      [`"bookmark"`, `"bookmari"`],
      [`"seq": "`, `"seq": "1`],
      [`"format": 1`, `"format": 3`],
      [`"format": 1`, `"format": 9`],
      [`"self_sha256"`, `"self_sha257"`],
      [`{`, `[`],
    ];
    for (const [from, to] of changes) {
      const changed = text.replace(from, to);
      assert.notEqual(changed, text, from);
      await refuses(restore("--from", plant(bytes, changed)), /The manifest of .* is damaged/);
      writeFileSync(blob, changed);
      if (changed.length === text.length) await refuses(local.command("backup", "verify", id), /The manifest of .* is damaged/);
    }
    await refuses(restore("--from", id), /The manifest of .* is damaged/);
    writeFileSync(blob, text);
    await local.json("backup", "verify", id);
    untouched();
  });

  it("finds a flipped bit in every part of what a Worker hands out", async () => {
    const parsed = JSON.parse(text);
    const cut = [0, 1, 2].map((at) => bytes.subarray(Math.floor((bytes.length * at) / 3), Math.floor((bytes.length * (at + 1)) / 3)));
    const parts = cut.map((part) => ({ bytes: part.length, sha256: sha256(part) }));
    const zeros = "0".repeat(64);
    const unsealed = JSON.stringify({ ...parsed, object: { ...parsed.object, parts }, self_sha256: zeros }, null, 2);
    const manifest_text = unsealed.replace(`"self_sha256": "${zeros}"`, `"self_sha256": "${sha256(unsealed)}"`);
    const detail = { manifest_text, attested_sha256: sha256(manifest_text), verified_at: "then" };
    let flipped = { part: 0, at: 0 };
    const worker = await serve((path) => {
      const number = Number(/\/parts\/(\d+)$/.exec(path)?.[1] ?? 0);
      if (number === 0) return JSON.stringify(detail);
      const part = Buffer.from(cut[number - 1] ?? "");
      if (number === flipped.part) part[flipped.at] = (part[flipped.at] ?? 0) ^ 4;
      return part;
    });
    process.env.OPERATOR_TOKEN = SETTINGS.OPERATOR_TOKEN;
    try {
      assert.deepEqual((await local.json("backup", "verify", id, "--url", worker.url)).restored, true);
      for (const [at, { length }] of cut.entries()) {
        for (const byte of [0, length >> 1, length - 1]) {
          flipped = { part: at + 1, at: byte };
          const words = new RegExp(`Part ${at + 1} of ${id} is damaged`);
          await refuses(local.command("backup", "verify", id, "--url", worker.url), words);
          await refuses(restore("--from", id, "--url", worker.url), words);
        }
      }
    } finally {
      delete process.env.OPERATOR_TOKEN;
      worker.stop();
    }
    untouched();
  });

  it("compares the schema and the row ids that the manifest says", async () => {
    const old = (/** @type {any} */ change) => JSON.stringify({ ...JSON.parse(text), self_sha256: undefined, ...change }, null, 2);
    await refuses(restore("--from", plant(bytes, old({ schema_sha256: "0".repeat(64) }))), /the schema is another/);
    await refuses(restore("--from", plant(bytes, old({ sequences: [{ table: "d1_migrations", seq: "700" }] }))), /automatic row ids stand elsewhere/);
  });

  it("reads what earlier versions wrote, and says of what a newer one wrote that it is newer", async () => {
    const dump = gzipSync(gunzipSync(bytes).toString().replace("-- end of dump\n", ""));
    const parsed = JSON.parse(text);
    const object = { ...parsed.object, bytes: dump.length, sha256: sha256(dump) };
    const old = { ...parsed, self_sha256: undefined, bookmark: "mark-20", object, sql: { bytes: parsed.sql.bytes - "-- end of dump\n".length } };
    const done = await restore("--from", plant(dump, JSON.stringify(old, null, 2)), "--dry-run");
    assert.equal(done.code, 0, done.err);
    assert.match(done.out, /time-travel restore DB --env production --bookmark=mark-20\n/, "of the database that was backed up, wherever it goes");
    assert.doesNotMatch((await restore("--from", file, "--dry-run")).out, /time-travel/, "nobody travels to where it was made here");
    const next = text.replace('"format": 1', '"format": 2').replace(parsed.self_sha256, "0".repeat(64));
    const newer = next.replace("0".repeat(64), sha256(next));
    await refuses(restore("--from", plant(bytes, newer)), /made by a newer version \(format 2\)[\s\S]*Upgrade/);
  });

  it("takes a file without a manifest only when told, whole and of SQL", async () => {
    const alone = plant(bytes);
    await refuses(restore("--from", alone), /There is no .*manifest\.json/);
    const half = plant(bytes.subarray(0, JSON.parse(text).object.members[0]));
    await refuses(restore("--from", half, "--without-manifest"), /half a dump/);
    await refuses(restore("--from", plant(gzipSync("hello")), "--without-manifest"), /half a dump, or none/);
    await refuses(restore("--from", plant(gzipSync("hello;\n-- end of dump\n")), "--without-manifest"), /SQLite can't load/);
    untouched();
    assert.equal((await restore("--from", alone, "--without-manifest")).code, 0);
    untouched();
  });

  it("says in words what is wrong with a file, a key or an address", async () => {
    const key = join(local.folder, "key.txt");
    writeFileSync(key, `${await generateIdentity()}\n`);
    const garbage = join(local.folder, "garbage.txt");
    writeFileSync(garbage, "AGE-SECRET-KEY-garbage\n");
    const none = join(local.folder, "none.txt");
    writeFileSync(none, "nothing\n");
    const age = plant(Buffer.from("age-encryption.org/v1\n-> X25519 cut"));
    const cut = plant(bytes.subarray(0, bytes.length - 9));
    const alone = (/** @type {string} */ path, /** @type {string[]} */ ...more) => restore("--from", path, "--without-manifest", ...more);
    await refuses(alone(age, "--identity", key), /can't be decrypted/);
    await refuses(alone(age, "--identity", garbage), /can't be decrypted/);
    await refuses(alone(age, "--identity", none), /holds no age identity/);
    await refuses(alone(cut), /is damaged, cut off or no backup/);
    await refuses(alone(plant(Buffer.from("no gzip"))), /is damaged, cut off or no backup/);
    await refuses(restore("--from", plant(bytes, "{")), /The manifest of .* is damaged/);
    await refuses(restore("--from", join(local.folder, "nothing")), /There is no file/);
    await refuses(local.command("backup", "download", id, "--out", join(local.folder, "no", "where")), /can't be written/);
    await refuses(local.command("backup", "verify", "yesterdays"), /is no id of a backup/);
    process.env.OPERATOR_TOKEN = SETTINGS.OPERATOR_TOKEN;
    await refuses(local.command("backup", "list", "--url", "http://127.0.0.1:1"), /can't be reached/);
    delete process.env.OPERATOR_TOKEN;
  });

  it("does not end well with nothing done, and takes no word that it does not know", async () => {
    await local.halt();
    await refuses(local.command("restore", "--from", "latest"), /--to is missing/);
    await refuses(local.command("restore", "--to", "local"), /--from is missing/);
    await refuses(local.command("backup", "prune", "extra"), /extra is one word too many/);
    await refuses(local.command("backup", "frobnicate"), /There is no command frobnicate/);
    await refuses(local.command("backup"), /Which command/);
  });
});

describe("npm run restore -- --to a moment", () => {
  const local = new Local();
  after(() => local.stop());

  before(() => void (local.port = 9));
  it("prints the way of Time Travel there, with the bookmark of the backup before", async () => {
    const made = (/** @type {string} */ day, /** @type {string | null} */ verified) => ({ id: `202611${day}T032300Z-1f2e3d4c`, as_of: `2026-11-${day}T03:23:01.000Z`, bookmark: `mark-${day}`, verified_at: verified });
    const backups = [made("20", "then"), made("21", "then"), made("22", null), made("24", "then")];
    const { url, stop } = await serve(() => JSON.stringify({ backups, run: null }));
    process.env.OPERATOR_TOKEN = SETTINGS.OPERATOR_TOKEN;
    try {
      const said = await local.command("restore", "--to", "2026-11-22T12:00:00Z", "--url", url);
      assert.equal(said.code, 0, said.err);
      assert.match(said.out, /time-travel restore DB --env production --timestamp=2026-11-22T12:00:00\.000Z/);
      assert.match(said.out, /20261121T032300Z-1f2e3d4c[\s\S]*--bookmark=mark-21\n/);
      assert.match(said.out, /UPDATE installation SET sessions_not_before/);
      const first = await local.json("restore", "--to", "2026-11-19T12:00:00Z", "--url", url);
      assert.equal(first.bookmark, null);
      assert.match(first.then, /UPDATE installation SET sessions_not_before/);
      for (const bad of ["2999-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "yesterday"]) assert.equal((await local.command("restore", "--to", bad, "--from", "latest", "--url", url)).code, 1, bad);
    } finally {
      delete process.env.OPERATOR_TOKEN;
      stop();
    }
  });
});
