// Every command in words, and what it may be told: the one place from which `--help` is answered and the unknown refused,
// before anything is installed or built.

import { Problem } from "./process.mjs";

/**
 * @typedef {object} Usage
 * @property {string} text
 * @property {string[]} [values] options with a value behind them
 * @property {string[]} [flags] options without
 * @property {number} [words] how many words at most that are no option; none when not given
 */

/** @type {Record<string, Usage>} */
export const USAGES = {
  setup: {
    text: `npm run setup

Installs what is missing of the tools, and only that. Every other command does so itself: this is for a machine that is to
be ready before it goes offline.`,
  },
  build: {
    flags: ["force"],
    text: `npm run build -- [--force]

Builds the Worker and the web app where something that they are made of has changed, prints size and start-up time, and ends
with 1 when either is over its budget.

  --force     builds although nothing has changed

  npm run build
  npm run build -- --force`,
  },
  dev: {
    values: ["port", "var", "ip", "log-level", "persist-to", "inspector-port", "inspector-ip", "local-protocol", "https-key-path", "https-cert-path", "host", "local-upstream", "env-file", "show-interactive-dev-session", "tunnel-name"],
    flags: ["test-scheduled", "live-reload", "tunnel", "show-interactive-dev-session"],
    text: `npm run dev -- [options]

Sets everything up, builds, migrates the local database and serves on http://localhost:8787; builds again when you save. The
data is in .wrangler/state, the settings of this machine in .dev.vars, which is made when there is none.

  --port N          another port
  --var NAME:VALUE  a setting of the Worker, over .dev.vars; may be given more than once
  --ip ADDRESS      where to listen, localhost unless given
  --persist-to DIR  where the data is kept
  --log-level LEVEL how much wrangler says: debug, info, log, warn, error or none
  --test-scheduled  cron runs on request: curl 'localhost:8787/__scheduled?cron=0+*+*+*+*'

These and others go on to \`wrangler dev\`: --inspector-port, --inspector-ip, --local-protocol, --https-key-path,
--https-cert-path, --host, --local-upstream, --env-file, --live-reload, --tunnel, --tunnel-name,
--show-interactive-dev-session.

  npm run dev -- --port 9000
  npm run dev -- --var DETECT_LIMIT:3/minute --var ACCESS_TOKEN_MINUTES:1
  npm run dev -- --var LOG_FORMAT:json      log lines as in production, not those for people that .dev.vars asks for`,
  },
  test: {
    words: Infinity,
    text: `npm test -- [SUITE | SUITE/FILE ...]

Runs every test, or those that are named, and ends with a line \`N passed, M failed\`.

  native      rules, router and SQL, by cargo
  wasm        what differs in WebAssembly, by cargo
  web         the web app
  workerd     the built Worker in workerd
  api         the built Worker against its OpenAPI description
  deploy      deployments to a Cloudflare of the tests' own, and the npm commands
  browser     the web app on the built Worker, in a real browser

  npm test
  npm test -- native workerd
  npm test -- workerd/backup        the files of workerd with "backup" in their name`,
  },
  check: {
    words: Infinity,
    text: `npm run check -- [NAME ...]

All that can be said without running the tests, or the checks that are named; ends with a line \`N passed, M failed\`.

  rustfmt, clippy, clippy-wasm, documentation, deny, advisories    of the Rust
  eslint, types                                                    of the scripts and tests
  web-eslint, web-types                                            of the web app
  production, staging                                              what would be deployed, by wrangler
  budget                                                           size and start-up time of the Worker

  npm run check
  npm run check -- eslint types`,
  },
  bench: {
    values: ["seconds", "sizes"],
    flags: ["json"],
    words: 2,
    text: `npm run bench -- [backup | sentry | against FOLDER] [options]

  without a word   requests, hashing, log-ins, detection, the size and the start of the Worker
  backup           backups of databases of several sizes, beside sqlite3 .dump | gzip
  sentry           what others notice while errors are told to a receiver that is well, slow, broken or not there
  against FOLDER   requests beside those of another checkout in which \`npm run build\` was run

  --seconds N      length of a round of requests, 3 by default
  --sizes A,B,...  MB of the databases for backup, 10,100,1000 by default
  --json           one JSON object on standard output

  npm run bench -- --seconds 1
  npm run bench -- backup --sizes 10`,
  },
  backup: {
    values: ["url", "port", "out", "identity", "persist-to"],
    flags: ["json", "dry-run"],
    words: 2,
    text: `npm run backup -- COMMAND [options]

  now                        make a backup, wait until it has been restored and compared
  list                       complete backups, the oldest first
  verify ID|latest           fetch it, check every hash, load it and compare
  prune [--dry-run]          let go what BACKUP_KEEP does not keep; say why each stays
  download ID|latest --out FILE

  --url URL        a deployed Worker (OPERATOR_TOKEN in the environment) instead of the one on this machine
  --port N         where \`npm run dev\` serves, 8787 by default; when it does not, the Worker is started for this
  --persist-to DIR where the local state is, as wrangler has it
  --identity FILE  age identity, for verifying what is encrypted
  --json           one JSON object on standard output

  npm run backup -- now
  npm run backup -- download latest --out backup.sql.gz --url https://HOST`,
  },
  restore: {
    values: ["from", "to", "identity", "url", "port", "persist-to"],
    flags: ["replace", "dry-run", "without-manifest", "json"],
    text: `npm run restore -- --from latest|ID|FILE --to local|remote:NAME [options]

  --from       the newest verified backup, one by its id, or a file that \`npm run backup -- download\` wrote
  --to         the database on this machine, or the D1 database NAME of your account
  --to TIME    a moment between two backups (2026-11-25T12:00:00Z): prints the commands of D1 Time Travel, does nothing
  --replace    put it in the place of what the database holds; without it a database that is not empty is refused
  --dry-run    check everything, write nothing
  --without-manifest  take a file that no manifest lies beside: nothing vouches for it but its last line
  --identity FILE  age identity, for what is encrypted
  --persist-to DIR where the local state is, as wrangler has it
  --url, --port, --json as for \`npm run backup\`

The database is replaced as a whole or not at all. Afterwards every session from before the restore is dead: people log in again.

  npm run restore -- --from latest --to local --replace
  npm run restore -- --from backup.sql.gz --to remote:edgekeep --dry-run`,
  },
  train: {
    values: ["out", "model-version", "data", "also", "seed", "exclude-source"],
    flags: ["include-non-commercial"],
    text: `npm run train -- [options]

Trains the detector and writes the model file; the same data and seed give the same file to the byte.

  --out FILE                 model/detector.bin unless given
  --data DIR                 the folder of labelled texts
  --also FILE                more labelled texts; trainer/data/modern.jsonl.gz where --data is not given
  --seed N                   seed of all random choices, 1 unless given
  --model-version TEXT       version to write into the file
  --exclude-source NAME      leaves a source out; may be given more than once
  --include-non-commercial   trains on sources too whose licences do not allow commercial use

  npm run train -- --seed 2 --out /tmp/detector.bin`,
  },
  eval: {
    values: ["model", "sample", "data", "also", "seed", "exclude-source"],
    flags: ["json", "card", "leave-one-source-out", "splices", "include-non-commercial"],
    words: Infinity,
    text: `npm run eval -- [FILE ...] [options]

Measures the detector on labelled texts (.jsonl, .jsonl.gz), those of the data folder unless given.

  --model FILE               model/detector.bin unless given
  --json                     an array of one object a file instead of tables
  --card                     the tables of MODEL.md
  --leave-one-source-out     trains without each source in turn and measures on it
  --sample N                 with that: trains on N in a hundred groups of texts only
  --only SOURCE              with that: leaves out this source alone; may be given more than once
  --splices                  measures on splices of human and machine texts
  --data, --also, --seed, --exclude-source, --include-non-commercial as for \`npm run train\`

  npm run eval -- texts.jsonl --json`,
  },
  deploy: {
    values: ["env", "steps", "pause", "patience", "at"],
    flags: ["yes", "dry-run", "gradual", "no-build"],
    text: `npm run deploy -- [options]

Takes a Cloudflare account from nothing to a live Worker, and a live Worker to the next version. What is there already is
left alone; after a failure, run it again. It shows what it will do and asks once.

  --env NAME      production (the default) or staging: a section of wrangler.toml
  --yes           does not ask
  --dry-run       only looks, and prints every call that a deployment would make
  --gradual       moves traffic in steps instead of at once
  --steps LIST    the steps in percent, 10,50 unless given
  --pause N       seconds to watch each step, 60 unless given
  --patience N    seconds that the new version gets to answer as it should, 60 unless given
  --at URL        where the Worker is reached, if not where Cloudflare says
  --no-build      deploys build/ as it is

The account is the one of \`npx wrangler login\`, or of CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID.

  npm run deploy -- --dry-run
  npm run deploy -- --env staging --steps 5,25 --pause 300`,
  },
  golive: {
    values: ["env"],
    flags: ["outside", "json"],
    words: 1,
    text: `npm run golive -- https://HOST [options]

Goes through what must be true before people come, against the installation that runs at HOST: a line for each check, with
what to do about it. It registers an account, tries it out, and deletes it. Ends with 0 when nothing failed, and with 1
otherwise; warnings do not count.

  --env NAME    the environment of wrangler.toml that HOST belongs to: production (the default) or staging
  --outside     does not look into the Cloudflare account, even when somebody is logged in
  --json        prints one JSON object: {origin, at, passed, warned, failed, checks: [{id, title, verdict, detail, todo}]}

It asks the operator's routes too, with OPERATOR_TOKEN from the environment or as a deployment from here has kept it.

  npm run golive -- https://edgekeep.example.workers.dev
  npm run golive -- http://localhost:8787 --outside --json`,
  },
};

/** A command's own. @param {string} command @returns {Usage} */
export function usageOf(command) {
  const usage = Object.hasOwn(USAGES, command) ? USAGES[command] : undefined;
  if (!usage) throw new Problem(`There is no command "${command}"`, `It is one of ${Object.keys(USAGES).join(", ")}.`);
  return usage;
}

/** Whether somebody only wants to know how it goes. */
export function asksForHelp(/** @type {string[]} */ args) {
  return args.includes("--help") || args.includes("-h");
}

/**
 * The arguments of a command, taken apart: `--name value`, `--name=value` and `--flag`; everything else is a word.
 * @param {string} command @param {string[]} args
 * @returns {{ words: string[], values: Record<string, string | undefined>, flags: Record<string, boolean> }}
 */
export function options(command, args) {
  const { values = [], flags = [], words = 0 } = usageOf(command);
  const hint = `\`npm run ${command} -- --help\` says what there is.`;
  const found = { words: /** @type {string[]} */ ([]), values: /** @type {Record<string, string>} */ ({}), flags: /** @type {Record<string, boolean>} */ ({}) };
  for (let at = 0; at < args.length; at += 1) {
    const [name = "", ...rest] = (args[at] ?? "").split("=");
    if (!name.startsWith("-")) found.words.push(args[at] ?? "");
    else if (flags.includes(name.slice(2)) && rest.length === 0) found.flags[name.slice(2)] = true;
    else if (values.includes(name.slice(2))) {
      const value = rest.length > 0 ? rest.join("=") : args[(at += 1)];
      if (!value || (rest.length === 0 && value.startsWith("--"))) throw new Problem(`${name} needs a value`, hint);
      found.values[name.slice(2)] = value;
    } else throw new Problem(`There is no option ${name}`, hint);
  }
  if (found.words.length > words) throw new Problem(`${found.words.slice(words).join(" ")}: that is more than it takes`, hint);
  return found;
}
