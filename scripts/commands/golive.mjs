import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { go } from "../golive/check.mjs";
import { accounts, removal } from "../golive/checks/accounts.mjs";
import { operations } from "../golive/checks/operations.mjs";
import { service } from "../golive/checks/service.mjs";
import { transport } from "../golive/checks/transport.mjs";
import { Client, Throwaway } from "../golive/client.mjs";
import { inside } from "../golive/inside.mjs";
import { kept } from "../deploy/secrets.mjs";
import { PROJECT } from "../paths.mjs";
import { Problem } from "../process.mjs";
import { usageOf } from "../usage.mjs";

const SIGNS = { pass: "ok  ", warn: "warn", fail: "FAIL" };

/** The checklist before going live, as a program. */
export default async function golive(/** @type {string[]} */ args) {
  const { values, origin } = parse(args);
  if (!origin) throw new Problem("Which installation?", usageOf("golive").text);
  const client = new Client(origin);
  const account = new Throwaway(client);
  const within = values.outside ? undefined : await inside(values.env);
  const place = within && { account: within.state.account.id, worker: within.target.worker };
  /** @type {import("../golive/check.mjs").Context} */
  const context = {
    origin,
    loopback: /^(localhost|127\.|\[::1\])/.test(new URL(origin).hostname),
    env: values.env,
    client,
    account,
    inside: within,
    now: new Date(),
    operatorToken: process.env.OPERATOR_TOKEN || (place && kept("OPERATOR_TOKEN", place)),
    laptop: laptopSecrets(),
  };
  const checks = [...service.slice(0, 1), ...transport, ...accounts, ...service.slice(1), ...operations, removal];
  const width = Math.max(...checks.map(({ title }) => title.length));
  const findings = await go(checks, context, ({ title }, { verdict, detail, todo }) => {
    if (values.json) return;
    console.log(`${SIGNS[verdict]} ${title.padEnd(width)}  ${detail}`);
    if (verdict !== "pass" && todo) console.log(`     -> ${todo}`);
  });
  const count = (/** @type {string} */ verdict) => findings.filter((finding) => finding.verdict === verdict).length;
  const total = { passed: count("pass"), warned: count("warn"), failed: count("fail") };
  if (values.json) console.log(JSON.stringify({ origin, at: context.now.toISOString(), ...total, checks: findings }, null, 2));
  else console.log(`\n${total.passed} passed, ${total.warned} warnings, ${total.failed} failed`);
  return total.failed === 0 ? 0 : 1;
}

/** @param {string[]} args */
function parse(args) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        env: { type: "string", default: "production" },
        outside: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    });
    const [address, ...others] = positionals;
    if (others.length > 0) throw new Error(`One address at a time, not ${positionals.length}`);
    return { values, origin: address && new URL(/^https?:/.test(address) ? address : `https://${address}`).origin };
  } catch (error) {
    throw new Problem(/** @type {Error} */ (error).message.replace(/\.\s.*$/s, ""), "`npm run golive -- --help` says how.");
  }
}

/** @returns {Record<string, string>} */
function laptopSecrets() {
  const file = join(PROJECT, ".dev.vars");
  if (!existsSync(file)) return {};
  const lines = readFileSync(file, "utf8").matchAll(/^\s*([A-Z_]+)\s*=\s*"?([^"\n]+?)"?\s*$/gm);
  return Object.fromEntries([...lines].flatMap(([, name = "", value = ""]) => (/SECRET|TOKEN/.test(name) ? [[name, value]] : [])));
}
