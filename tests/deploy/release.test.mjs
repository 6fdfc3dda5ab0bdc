// A build says what it was made from, also when a commit has changed nothing of it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { withRelease } from "../../scripts/entry.mjs";
import { checkout } from "./checkout.mjs";

describe("what a build was made from", { timeout: 300_000 }, () => {
  const { folder: copy, remove } = checkout();
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
    git("init", "--quiet");
    git("add", "README.md");
    git("commit", "--quiet", "--message", "one");
  });
  after(remove);

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
