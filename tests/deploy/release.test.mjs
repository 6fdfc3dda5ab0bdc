// A build says what it was made from, also when a commit has changed nothing of it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { after, before, describe, it } from "node:test";
import { withRelease } from "../../scripts/entry.mjs";
import { PROJECT } from "../../scripts/paths.mjs";

const LEFT_OUT = [".git", "target", "node_modules", ".wrangler", "test-results"];

describe("what a build was made from", { timeout: 300_000 }, () => {
  const copy = mkdtempSync(join(tmpdir(), "edgekeep-release-"));
  const run = (/** @type {string} */ program, /** @type {string[]} */ args, env = {}) => {
    const done = spawnSync(program, args, { cwd: copy, encoding: "utf8", env: { ...process.env, ...env } });
    assert.equal(done.status, 0, done.stdout + done.stderr);
    return done.stdout.trim();
  };
  const git = (/** @type {string[]} */ ...args) => run("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args]);
  const build = (env = {}) => run(process.execPath, [join(copy, "scripts", "main.mjs"), "build"], env);
  const built = () => ({
    stamp: JSON.parse(readFileSync(join(copy, "build", "stamp.json"), "utf8")),
    first: readFileSync(join(copy, "build", "index.js"), "utf8").split("\n")[0],
    wasm: readFileSync(join(copy, "build", "index_bg.wasm")),
  });
  before(() => {
    const wanted = (/** @type {string} */ path) => !LEFT_OUT.includes(basename(path)) || !["", "web"].includes(relative(PROJECT, join(path, "..")));
    cpSync(PROJECT, copy, { recursive: true, filter: wanted });
    for (const folder of ["node_modules", "web/node_modules"]) symlinkSync(join(PROJECT, folder), join(copy, folder));
    git("init", "--quiet");
    git("add", "README.md");
    git("commit", "--quiet", "--message", "one");
  });
  after(() => rmSync(copy, { recursive: true, force: true }));

  it("is the commit that is checked out, without building anew", () => {
    const { wasm } = built();
    for (const message of ["two", "three"]) {
      git("commit", "--quiet", "--allow-empty", "--message", message);
      assert.match(build(), /^Nothing has changed/m);
      const [commit, time] = git("log", "-1", "--abbrev=12", "--format=%h %ct").split(" ");
      const { stamp, first, wasm: now } = built();
      assert.equal(first, `globalThis.edgekeepRelease = "${commit} ${time}";`);
      assert.deepEqual([stamp.commit, stamp.time], [commit, time]);
      assert.ok(wasm.equals(now));
    }
  });

  it("is as of another time when that is asked for, and the same again afterwards", () => {
    const earlier = built();
    build({ SOURCE_DATE_EPOCH: "1700000000" });
    assert.match(built().first ?? "", / 1700000000";$/);
    for (const SOURCE_DATE_EPOCH of ["", "yesterday", '1"']) {
      build({ SOURCE_DATE_EPOCH });
      assert.deepEqual(built(), earlier);
    }
  });

  it("stands in front of the program once, or not at all outside a repository", () => {
    const stamped = withRelease("import{a}from\"b\";\nrest", { commit: "0123456789ab", time: "1" });
    assert.equal(stamped, "globalThis.edgekeepRelease = \"0123456789ab 1\";\nimport{a}from\"b\";\nrest");
    assert.equal(withRelease(stamped, { commit: "ab", time: "2" }), stamped.replace("0123456789ab 1", "ab 2"));
    assert.equal(withRelease(stamped, { commit: "", time: "" }), "import{a}from\"b\";\nrest");
  });
});
