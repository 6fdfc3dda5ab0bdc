import { createHash, randomBytes } from "node:crypto";
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { figures } from "../budget.mjs";
import { build } from "../build.mjs";
import { PROJECT } from "../paths.mjs";
import { isTaken } from "../ports.mjs";
import { Problem, show, sleep, work } from "../process.mjs";
import { endDescendants } from "../processes.mjs";
import { toolchain } from "../setup/toolchain.mjs";
import { options } from "../usage.mjs";
import { watchWeb } from "../web.mjs";
import { wrangler, wranglerEnvironment } from "../wrangler.mjs";

const STATE = join(PROJECT, ".wrangler", "state");

/** Serves the Worker on this machine, with a database that stays; arguments go on to wrangler. */
export default async function dev(/** @type {string[]} */ args) {
  const port = portOf(args);
  if (await isTaken(port)) {
    throw new Problem(`Port ${port} is taken by another program`, `Stop that one, or take another: \`npm run dev -- --port ${port + 1}\`.`);
  }
  const tools = await toolchain();
  const built = await build(tools);
  writeSecrets();
  const run = randomBytes(8).toString("hex");
  const env = wranglerEnvironment({ ...process.env, EDGEKEEP_RUN: run, EDGEKEEP_BUDGET: "warn" });
  await migrate(env, options("dev", args).values["persist-to"]);

  console.log(`  Starting the Worker (${figures(built)})`);
  const ended = new AbortController();
  void announce(port, ended.signal);
  void watchWeb(ended.signal);
  const rest = portGiven(args) ? args : ["--port", String(port), ...args];
  const code = await show(process.execPath, wrangler("dev", ...rest), { env });
  ended.abort();
  endDescendants(run);
  return code;
}

// Each laptop has a secret of its own; an existing file is only completed.
function writeSecrets() {
  const file = join(PROJECT, ".dev.vars");
  const present = existsSync(file) ? readFileSync(file, "utf8") : "";
  const lines = [];
  if (!/^\s*ENVIRONMENT\s*=/m.test(present)) lines.push("ENVIRONMENT=development");
  if (!/^\s*LOG_FORMAT\s*=/m.test(present)) lines.push("LOG_FORMAT=pretty");
  if (!/^\s*JWT_SECRET\s*=/m.test(present)) lines.push(`JWT_SECRET=${randomBytes(32).toString("base64url")}`);
  if (!/^\s*OPERATOR_TOKEN\s*=/m.test(present)) lines.push(`OPERATOR_TOKEN=${randomBytes(32).toString("base64url")}`);
  if (lines.length === 0) return;
  if (present === "") {
    writeFileSync(file, "# Made by `npm run dev` for this machine alone. Not in git.\n", { mode: 0o600 });
  } else if (!present.endsWith("\n")) {
    lines.unshift("");
  }
  appendFileSync(file, `${lines.join("\n")}\n`);
  chmodSync(file, 0o600);
  console.log("  Wrote new local settings to .dev.vars");
}

/** @param {NodeJS.ProcessEnv} env @param {string} [persist] a folder for the data, in place of the usual one */
async function migrate(env, persist) {
  const folder = join(PROJECT, "migrations");
  const hash = createHash("sha256");
  for (const name of existsSync(folder) ? readdirSync(folder).sort() : []) hash.update(name).update(readFileSync(join(folder, name)));
  const wanted = hash.digest("hex");
  // Inside the state's folder: who deletes the database deletes this too.
  const state = persist ?? STATE;
  const stamp = join(state, "migrated");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  // CI=1: wrangler must not stop to ask whether it may.
  const done = await work("Migrating the local database", "5 seconds", process.execPath, wrangler("d1", "migrations", "apply", "DB", "--local", ...(persist ? ["--persist-to", persist] : [])), {
    env: { ...env, CI: "1" },
    log: "migrations",
  });
  if (!done) throw new Problem("The migrations failed", `What SQLite said is above; \`rm -r ${persist ?? ".wrangler/state"}\` starts over with an empty database.`);
  mkdirSync(state, { recursive: true });
  writeFileSync(stamp, wanted);
}

async function announce(/** @type {number} */ port, /** @type {AbortSignal} */ ended) {
  const url = `http://localhost:${port}`;
  while (!ended.aborted) {
    const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    if (answer?.ok) {
      console.log(`
Edgekeep is ready: open ${url} in a browser, or register from here:

  curl ${url}/api/v1/auth/register -H 'content-type: application/json' \\
    -d '{"email":"me@example.com","password":"quiet harbour, nine kites"}'

A change of src/ or web/ is built and served when you save it. Ctrl-C stops it. The data is in .wrangler/state.
`);
      return;
    }
    if (answer) {
      console.log(`\n${url}/healthz answers ${answer.status}: ${(await answer.text()).slice(0, 300)}\nThe Worker's own log is above.\n`);
      return;
    }
    await sleep(200);
  }
}

function portGiven(/** @type {string[]} */ args) {
  return args.some((arg) => arg === "--port" || arg.startsWith("--port="));
}

function portOf(/** @type {string[]} */ args) {
  const at = args.indexOf("--port");
  const text = at >= 0 ? args[at + 1] : args.find((arg) => arg.startsWith("--port="))?.slice("--port=".length);
  if (text === undefined && !portGiven(args)) return 8787;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Problem(`"${text ?? ""}" is no port`, "A port is a number from 1 to 65535.");
  return port;
}
