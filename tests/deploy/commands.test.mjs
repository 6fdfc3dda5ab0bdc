// The npm commands as somebody meets them who does not know them: each says how it goes, at once and with nothing installed,
// and does nothing when it is told what it does not know.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { PROJECT } from "../../scripts/paths.mjs";
import { USAGES, asksForHelp, options } from "../../scripts/usage.mjs";

const COMMANDS = Object.keys(USAGES);

describe("every npm command", () => {
  /** The scripts alone: no dependencies, no tools, and nobody who could fetch them. */
  const folder = mkdtempSync(join(tmpdir(), "edgekeep-commands-"));
  const bare = join(folder, "project");
  before(() => {
    mkdirSync(bare);
    cpSync(join(PROJECT, "scripts"), join(bare, "scripts"), { recursive: true });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const run = (/** @type {string[]} */ ...args) => {
    const done = spawnSync(process.execPath, [join(bare, "scripts", "run.mjs"), ...args], { cwd: bare, encoding: "utf8", env: { HOME: folder, PATH: "/nonexistent" }, timeout: 60_000 });
    assert.deepEqual([readdirSync(bare), readdirSync(folder)], [["scripts"], ["project"]], `${args.join(" ")} has made something`);
    return done;
  };

  it("is known, has a program, and goes through the same door", () => {
    const { scripts } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8"));
    assert.deepEqual(Object.keys(scripts).sort(), [...COMMANDS].sort());
    for (const [name, line] of Object.entries(scripts)) assert.equal(line, `node scripts/run.mjs ${name}`);
    assert.deepEqual(readdirSync(join(PROJECT, "scripts", "commands")).sort(), COMMANDS.map((name) => `${name}.mjs`).sort());
  });

  for (const name of COMMANDS) {
    it(`${name} says how it goes`, () => {
      for (const args of [["--help"], ["-h"], ["nonsense", "--help"]]) {
        const { status, stdout, stderr } = run(name, ...args);
        assert.equal(status, 0, stderr);
        assert.match(stdout, new RegExp(`^npm (run )?${name}\\b`));
        for (const option of [...(USAGES[name]?.values ?? []), ...(USAGES[name]?.flags ?? [])]) assert.ok(stdout.includes(`--${option}`), `${name} does not tell of --${option}`);
        assert.ok(stdout.split("\n").length > 2, "what it does");
      }
    });

    it(`${name} refuses what it does not know`, () => {
      const { words = 0 } = USAGES[name] ?? {};
      const wrong = [["--nonsense"], ["-n"], ["--nonsense=1"]];
      if (words < Infinity) wrong.push(Array.from({ length: words + 1 }, () => "nonsense"));
      for (const args of wrong) {
        const { status, stdout, stderr } = run(name, ...args);
        assert.deepEqual([status, stdout], [1, ""], `${args.join(" ")}: ${stderr}`);
        assert.match(stderr, /nonsense|-n\b/);
        assert.match(stderr, new RegExp(`npm run ${name} -- --help`));
      }
    });
  }

  it("test and check refuse the name of what there is not", () => {
    for (const name of ["test", "check"]) {
      const done = spawnSync(process.execPath, [join(PROJECT, "scripts", "main.mjs"), name, "nonsense"], { encoding: "utf8", timeout: 60_000 });
      assert.equal(done.status, 1);
      assert.match(done.stderr, /by the name of nonsense\.\nIt is /);
    }
  });

  it("that there is not is told which there are", () => {
    const { status, stderr } = run("nonsense");
    assert.equal(status, 1);
    for (const name of COMMANDS) assert.ok(stderr.includes(name));
  });

  it("takes its options in either spelling", () => {
    assert.ok(asksForHelp(["now", "--help"]) && !asksForHelp(["now", "--helpful"]));
    const { words, values, flags } = options("backup", ["download", "latest", "--out", "a b", "--url=https://a/?b=c", "--json"]);
    assert.deepEqual([words, values, flags], [["download", "latest"], { out: "a b", url: "https://a/?b=c" }, { json: true }]);
    for (const args of [["--out"], ["--out="], ["--out", "--json"], ["--json=1"]]) assert.throws(() => options("backup", args), /--(out needs a value|json)/);
  });
});
