// `npm run backup` and `npm run restore` as programs, on a local state of their own: with the server running and without,
// plain and encrypted, and the drill: dump, destroy, restore, log in with the old password, be refused with the old token.

import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, it } from "node:test";
import { generateIdentity, identityToRecipient } from "age-encryption";
import { differences } from "../../scripts/contents.mjs";
import { databaseFile } from "../../scripts/local.mjs";
import { targetOf } from "../../scripts/target.mjs";
import { ACCOUNT, Local, SETTINGS } from "./local.mjs";

describe("the drill, by the commands", { timeout: 600_000 }, () => {
  const local = new Local();
  const file = join(local.folder, "backup.sql.gz");
  let [token, id] = ["", ""];
  before(async () => {
    await local.prepare();
    await local.serve();
  });
  after(() => local.stop());

  it("makes, lists, verifies, prunes and downloads while the server runs", async () => {
    assert.equal((await local.api("/auth/register", ACCOUNT)).status, 201);
    token = (await local.api("/auth/login", ACCOUNT)).body.access_token;
    const made = await local.json("backup", "now");
    id = made.backup.id;
    assert.ok(made.backup.verified_at);
    assert.deepEqual((await local.json("backup", "list")).backups.map((/** @type {any} */ one) => one.id), [id]);
    assert.deepEqual((await local.json("backup", "verify", "latest")).problems, []);
    const said = await local.json("backup", "prune", "--dry-run");
    assert.deepEqual([said.dry_run, said.backups.map((/** @type {any} */ one) => [one.id, one.stays])], [true, [[id, true]]]);
    assert.equal((await local.json("backup", "download", "latest", "--out", file)).id, id);
    assert.equal((await local.api("/auth/me", undefined, token)).status, 200);
  });

  it("does the same without a server, and refuses a database that is not empty", async () => {
    await local.halt();
    assert.deepEqual((await local.json("backup", "list")).backups.map((/** @type {any} */ one) => one.id), [id]);
    const refused = await local.command("restore", "--from", file, "--to", "local");
    assert.equal(refused.code, 1);
    assert.match(refused.err, /The database has \d+ tables, views and triggers already/);
    const dry = await local.json("restore", "--from", "latest", "--to", "local", "--dry-run", "--replace");
    assert.equal(dry.restored, false);
    assert.ok(dry.would_replace > 5);
  });

  it("finds a flipped bit before anything is written", async () => {
    const damaged = join(local.folder, "damaged.sql.gz");
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(damaged, bytes);
    copyFileSync(`${file}.manifest.json`, `${damaged}.manifest.json`);
    const refused = await local.command("restore", "--from", damaged, "--to", "local", "--replace");
    assert.equal(refused.code, 1);
    assert.match(refused.err, /damaged|manifest/);
    await local.serve();
    assert.equal((await local.api("/auth/me", undefined, token)).status, 200, "nothing was written");
    await local.halt();
  });

  it("s11: restores over what is there: the old password opens the account, the old token does not", async () => {
    assert.equal((await local.json("restore", "--from", file, "--to", "local", "--replace")).restored, true);
    await local.serve();
    assert.equal((await local.api("/auth/me", undefined, token)).status, 401);
    assert.equal((await local.api("/auth/login", ACCOUNT)).status, 200);
  });

  it("s11: puts the backup in place under a server that runs, and never lowers the epoch", async () => {
    const later = { ...ACCOUNT, email: "after@example.com" };
    assert.equal((await local.api("/auth/register", later)).status, 201);
    const ahead = Date.now() + 3_600_000;
    local.write((database) => database.exec(`UPDATE installation SET sessions_not_before = ${ahead}`));
    writeFileSync(join(local.state, "migrated"), "all of them");
    const done = await local.command("restore", "--from", file, "--to", "local", "--replace");
    assert.equal(done.code, 0, done.err);
    assert.match(done.err, /loaded: 100 %[\s\S]*put in place: 100 %/);
    assert.ok(!existsSync(join(local.state, "migrated")), "`npm run dev` looks anew which migrations are missing");
    assert.equal((await local.api("/auth/register", later)).status, 201, "the server knows nothing any more of what came after the backup");
    assert.equal((await local.api("/auth/login", ACCOUNT)).status, 200);
    local.write((database) => {
      assert.equal(database.prepare("SELECT sessions_not_before AS n FROM installation").get()?.n, ahead);
      database.exec("UPDATE installation SET sessions_not_before = 0");
    });
  });

  it("asks the Worker that is there, also when that refuses", async () => {
    const own = local.settings;
    local.settings = join(local.folder, "others");
    writeFileSync(local.settings, `OPERATOR_TOKEN=${SETTINGS.OPERATOR_TOKEN.replace("f", "g")}\n`);
    const refused = await local.command("backup", "list");
    local.settings = own;
    assert.equal(refused.code, 1);
    assert.ok(refused.err.includes(`http://127.0.0.1:${local.port} refuses the token`), refused.err);
  });

  it("s11: restores what was destroyed: the old password opens the account, the old token does not", async () => {
    const { access_token } = (await local.api("/auth/login", ACCOUNT)).body;
    assert.equal((await local.api("/auth/me", undefined, access_token)).status, 200);
    const { id: last } = (await local.json("backup", "now")).backup;
    await local.halt();
    rmSync(join(local.state, "v3", "d1"), { recursive: true });
    assert.deepEqual((await local.json("backup", "list")).backups.map((/** @type {any} */ one) => one.id), [last]);
    const restored = await local.command("restore", "--from", "latest", "--to", "local");
    assert.equal(restored.code, 0, restored.err);
    assert.match(restored.err, /part 1 of 1/);
    await local.serve();
    assert.equal((await local.api("/auth/me", undefined, access_token)).status, 401);
    assert.equal((await local.api("/auth/me", undefined, token)).status, 401);
    assert.equal((await local.api("/auth/login", ACCOUNT)).status, 200);
  });
});

describe("a database that is hard to read, by the commands", { timeout: 600_000 }, () => {
  const local = new Local();
  before(() => local.prepare());
  after(() => local.stop());

  it("verifies every REAL and every kind of line", async () => {
    local.write((database) => {
      database.exec("CREATE TABLE reals (id INTEGER PRIMARY KEY, v REAL); CREATE TABLE texts (v TEXT DEFAULT 'a\rb\u2028c')");
      const insert = database.prepare("INSERT INTO reals (v) VALUES (?)");
      for (let power = -9; power < 20; power += 1) for (let n = 0; n < 40; n += 1) insert.run((Math.random() - 0.5) * 10 ** power);
      for (const short of [1e-5, 2.5e-5, 1e-4, -9.99e-5, 0.00012, 1e15, 1e16, 123456789012345]) insert.run(short);
      const text = database.prepare("INSERT INTO texts VALUES (?)");
      for (const ends of ["\u2028", "\u2029", "\u0085", "\v\f", "a\u2028;\nb", "\r", "x\r\ny"]) text.run(`one${ends}two`);
      database.exec("INSERT INTO texts DEFAULT VALUES");
    });
    assert.ok((await local.json("backup", "now")).backup.verified_at);
    const verified = await local.json("backup", "verify", "latest");
    assert.deepEqual([verified.restored, verified.problems], [true, []]);
  });

  it("restores it over what is there, whatever words are in its schema", async () => {
    local.write((database) => database.exec("CREATE TABLE words (v TEXT DEFAULT 'BEGIN TRANSACTION; a COMMIT;')"));
    await local.json("backup", "now");
    local.write((database) => database.exec("DROP TABLE words; DELETE FROM reals; CREATE TABLE more (v)"));
    assert.equal((await local.json("restore", "--from", "latest", "--to", "local", "--replace")).restored, true);
    local.write((database) => {
      const found = database.prepare("SELECT (SELECT count(*) FROM reals) > 1000 AS reals, (SELECT sql LIKE '%BEGIN%' FROM sqlite_schema WHERE name = 'words') AS words, (SELECT count(*) FROM sqlite_schema WHERE name = 'more') AS more").get();
      assert.deepEqual({ ...found }, { reals: 1, words: 1, more: 0 });
    });
  });

  it("waits for who writes, and leaves all as it is when that takes too long", async () => {
    const holder = new DatabaseSync(databaseFile(local.state));
    const held = async (/** @type {number} */ ms) => {
      holder.exec("BEGIN IMMEDIATE; CREATE TABLE meanwhile (v)");
      const release = setTimeout(() => holder.exec("COMMIT"), ms);
      const done = await local.command("restore", "--from", file, "--to", "local", "--replace");
      clearTimeout(release);
      return done;
    };
    const file = join(local.folder, "hard.sql.gz");
    await local.json("backup", "download", "latest", "--out", file);
    const refused = await held(60_000);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /can't be replaced, and is as it was/);
    holder.exec("COMMIT");
    assert.ok(holder.prepare("SELECT name FROM sqlite_schema WHERE name = 'meanwhile'").get());
    holder.exec("DROP TABLE meanwhile");
    const done = await held(3_000);
    assert.equal(done.code, 0, done.err);
    assert.equal(holder.prepare("SELECT name FROM sqlite_schema WHERE name = 'meanwhile'").get(), undefined);
    holder.close();
  });

  it("compares every row of what it has put in place", async () => {
    const target = targetOf("local", local.state);
    const whole = await target.contents(/** @type {any} */ (undefined));
    assert.deepEqual(differences(whole, whole), []);
    local.write((database) => database.exec("UPDATE reals SET v = 7 WHERE id = 3"));
    assert.deepEqual(differences(await target.contents(whole), whole), ["reals: its rows are not those that were backed up"]);
  });
});

describe("an encrypted backup, by the commands", { timeout: 600_000 }, () => {
  const local = new Local();
  after(() => local.stop());

  it("is verified and restored with the identity alone", async () => {
    const identity = await generateIdentity();
    const key = join(local.folder, "key.txt");
    writeFileSync(key, `# an age identity\n${identity}\n`);
    await local.prepare({ BACKUP_PUBLIC_KEY: await identityToRecipient(identity) });
    assert.ok((await local.json("backup", "now")).backup.encrypted);
    assert.deepEqual((await local.json("backup", "verify", "latest", "--identity", key)).restored, true);
    assert.equal((await local.json("backup", "verify", "latest")).restored, false);
    const file = join(local.folder, "sealed.age");
    await local.json("backup", "download", "latest", "--out", file);
    const closed = await local.command("restore", "--from", file, "--to", "local", "--replace");
    assert.match(closed.err, /The backup is encrypted/);
    assert.equal((await local.json("restore", "--from", file, "--to", "local", "--replace", "--identity", key)).restored, true);
  });
});
