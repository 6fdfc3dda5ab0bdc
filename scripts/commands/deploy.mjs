import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build, sizes } from "../build.mjs";
import { PROJECT } from "../paths.mjs";
import { Problem, show } from "../process.mjs";
import { toolchain } from "../setup/toolchain.mjs";
import { wrangler, wranglerEnvironment } from "../wrangler.mjs";

/** Migrates the database in production, then deploys: migrations only ever add, so the running Worker bears the new schema. */
export default async function deploy(/** @type {string[]} */ args) {
  if (/^database_id = "0{8}-/m.test(readFileSync(join(PROJECT, "wrangler.toml"), "utf8"))) {
    throw new Problem(
      "wrangler.toml does not name a database in production yet",
      `Once, with a Cloudflare account:
  npx wrangler login
  npx wrangler d1 create edgekeep            and put the id that it prints into wrangler.toml
  npx wrangler r2 bucket create edgekeep-backups
  openssl rand -hex 32 | npx wrangler secret put JWT_SECRET`,
    );
  }
  const built = await build(await toolchain());
  console.log(`  ${sizes(built)}`);
  const env = wranglerEnvironment(process.env);
  const migrated = await show(process.execPath, wrangler("d1", "migrations", "apply", "DB", "--remote"), { env });
  if (migrated !== 0) throw new Problem("The migrations failed, so nothing was deployed");
  return show(process.execPath, wrangler("deploy", ...args), { env });
}
