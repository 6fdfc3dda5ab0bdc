// The built Worker in real workerd, with the bindings of wrangler.toml: D1 (migrated), Durable Objects, R2 and cron.
//
// Each `startWorker` is alone: its own process, free port and folder of data. A test file that starts one stops it in
// `after`; what a crashed test leaves behind is ended with the process of the test.

import { globSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Log, LogLevel, Miniflare, convertV4MiniflareOptions } from "miniflare";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig, unstable_splitSqlQuery } from "wrangler";
import { BUILD, NODE_MODULES, PROJECT } from "../../scripts/paths.mjs";
import { freePort } from "../../scripts/ports.mjs";
import { children } from "../../scripts/processes.mjs";

const NAME = "edgekeep";

// Nothing fetched from elsewhere, nothing shared with other instances on this machine.
const ALONE = { cf: false, logRequests: false, enableDevRegistry: false, log: new Log(LogLevel.NONE) };

// Wrangler is here to read its own configuration, not to report on it.
process.env.WRANGLER_LOG ??= "error";

/** Enough for the Worker to accept its configuration; limits as in production. */
export const VARS = {
  ENVIRONMENT: "development",
  JWT_SECRET: "dGVzdHMgb25seTogbmV2ZXIgYSByZWFsIHNlY3JldCE",
};

/** An address of the range for documentation; requests come from it unless they say otherwise. */
export const ADDRESS = "203.0.113.7";

/**
 * @typedef {object} Start
 * @property {Record<string, string | undefined>} [vars] settings over those of wrangler.toml and VARS; undefined takes one away
 * @property {string} [persist] a folder whose data survives `stop`; without it the data goes with the Worker
 * @property {boolean} [migrate] false leaves the database empty
 * @property {boolean} [assets] serves the web app too, as in production; without it every request goes straight to the Worker
 * @property {boolean} [inspect] lets `storage` look into Durable Objects, which wraps their classes
 * @property {string} [beside] script of another Worker on the same database, for what must not go through ours; see `besideUrl`
 * @property {boolean} [inspector] opens workerd's inspector; see `inspectorUrl`
 * @property {boolean} [apart] keeps the database and the bucket in a process of their own, as in production
 * @property {string[]} [unbound] names of wrangler.toml that it is not bound to
 * @property {boolean} [quiet] throws the Worker's log away before anyone reads it: for measurements
 */

/**
 * @typedef {{ level: string, message: string, timestamp: number }} LogLine
 * @typedef {Omit<Response, "json"> & { json(): Promise<any> }} Answer
 * @typedef {RequestInit & { ip?: string | null }} Call `ip` is what the edge found; null is a request without an address
 */

/** @param {Start} [options] */
export async function startWorker({ vars = {}, persist, migrate = true, assets = false, inspect = false, inspector = false, beside, apart = false, unbound = [], quiet = false } = {}) {
  const data = persist ?? mkdtempSync(join(tmpdir(), "edgekeep-"));
  let [port, besidePort] = [0, 0];
  /** @type {LogLine[]} */
  const lines = [];
  /** @type {Miniflare | undefined} */
  let runtime;
  /** @type {Miniflare | undefined} */
  let storage;
  /** @type {number[]} */
  let pids = [];
  let storagePid = 0;
  let current = vars;

  const start = async () => {
    if (apart) {
      // Of a start that failed for want of a port.
      await storage?.dispose();
      const converted = convertV4MiniflareOptions(/** @type {any} */ (bareWorker("storage", NOTHING, await freePort())));
      const launched = await launch({ ...converted, ...ALONE, ...shared(data, "storage") }, quiet);
      storage = launched.runtime;
      storagePid = launched.pids[0] ?? 0;
    }
    const given = options({ vars: current, port, data, lines, assets, unbound, beside: beside && { script: beside, port: besidePort } });
    const place = apart && shared(data, "worker");
    ({ runtime, pids } = await launch({ ...given, ...place, unsafeInspectDurableObjects: inspect, ...(inspector && { inspectorPort: 0 }) }, quiet));
  };
  const alive = () => {
    if (!runtime) throw new Error("The Worker is not running");
    return runtime;
  };
  await onFreePorts(async () => {
    port = await freePort();
    besidePort = beside ? await freePort() : 0;
    await start();
  });
  if (migrate) await migrateDatabase(alive());

  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    besideUrl: `http://127.0.0.1:${besidePort}`,
    pid: () => pids[0] ?? 0,
    /** The process of the database and the bucket, with `apart`. */
    storagePid: () => storagePid,

    /**
     * Calls the Worker on its own socket; a network error means that workerd is gone.
     * @param {string} path @param {Call} [init]
     * @returns {Promise<Answer>}
     */
    fetch(path, { ip = ADDRESS, ...init } = {}) {
      const headers = new Headers(init.headers);
      if (ip !== null && !headers.has("cf-connecting-ip")) headers.set("cf-connecting-ip", ip);
      return fetch(new URL(path, url), { redirect: "manual", ...init, headers });
    },

    /** @param {string} path @param {unknown} body @param {Call} [init] @returns {Promise<Answer>} */
    post(path, body, init = {}) {
      const headers = new Headers(init.headers);
      if (!headers.has("content-type")) headers.set("content-type", "application/json");
      return this.fetch(path, { method: "POST", body: JSON.stringify(body), ...init, headers });
    },

    /** All that the Worker has logged, over restarts too. */
    logs: () => [...lines],

    /** The lines that are JSON, parsed. Waits until one satisfies `until`, for logs come a moment after the answer. */
    async jsonLogs(/** @type {(line: any) => boolean} */ until = () => true, within = 2_000) {
      const deadline = Date.now() + within;
      for (;;) {
        const parsed = lines.flatMap(({ message }) => (message.startsWith("{") ? [JSON.parse(message)] : []));
        if (parsed.some(until) || Date.now() > deadline) return parsed;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },

    /** Fires a cron and waits for the handler. */
    async scheduled(/** @type {string} */ cron, time = new Date()) {
      const worker = /** @type {any} */ (await alive().getWorker(NAME));
      return worker.scheduled({ cron, scheduledTime: time });
    },

    /** The database itself, beside the Worker. A getter, since a restart makes a new one. */
    get d1() {
      return alive().getD1Database("DB", NAME);
    },

    get r2() {
      return alive().getR2Bucket("BACKUPS", NAME);
    },

    /** The inspector of the Worker's isolate, with `inspector`. A restart moves it. */
    async inspectorUrl() {
      return new URL(`/core:user:${NAME}`, await alive().getInspectorURL()).href;
    },

    /** Removes a Durable Object from memory, as the platform does with an idle one; its storage stays. */
    evict(/** @type {string} */ className, /** @type {string} */ name) {
      return alive().unsafeEvictDurableObject(NAME, className, { name });
    },

    /** The SQLite of a Durable Object, with `inspect`: `(await storage("LimiterObject", name)).exec("SELECT ...")`. */
    storage(/** @type {string} */ className, /** @type {string} */ name) {
      return alive().unsafeGetDurableObjectStorage(NAME, className, { name });
    },

    /** The Durable Objects behind a binding, called past the Worker. */
    async objectNamespace(/** @type {string} */ binding) {
      return /** @type {any} */ (await alive().getDurableObjectNamespace(binding, NAME));
    },

    /** Ids of the Durable Objects of a class that have storage. */
    objects(/** @type {string} */ className) {
      return alive().listDurableObjectIds(className, NAME);
    },

    /** SIGKILL to workerd: nothing can be flushed or cleaned up. Then `restart` on the same data. */
    async kill9() {
      pids.forEach((pid) => process.kill(pid, "SIGKILL"));
      await this.halt();
    },

    /** Starts again on the same address and data, with other settings if given. */
    async restart(/** @type {Record<string, string | undefined>} */ settings = current) {
      await this.halt();
      current = settings;
      await start();
    },

    /** Ends workerd and keeps the data. */
    async halt() {
      const ending = [runtime, storage];
      [runtime, storage] = [undefined, undefined];
      for (const each of ending) await each?.dispose();
    },

    async stop() {
      await this.halt();
      if (!persist) rmSync(data, { recursive: true, force: true });
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof startWorker>>} Worker */

/**
 * A Worker of one module with an empty database, alone in a workerd of its own: something to compare with.
 * @param {string} script @param {{ quiet?: boolean, ports?: () => Promise<number> }} [options] `ports` finds a free one
 */
export async function startBare(script, { quiet = false, ports = freePort } = {}) {
  const { port, runtime, pids } = await onFreePorts(async () => {
    const found = await ports();
    const converted = convertV4MiniflareOptions(/** @type {any} */ ({ ...bareWorker("bare", script, found), d1Databases: { DB: "bare" } }));
    return { port: found, ...(await launch({ ...converted, ...ALONE }, quiet)) };
  });
  return { port, pid: () => pids[0] ?? 0, stop: () => runtime.dispose() };
}

/**
 * Two instances with the same folder share its databases and buckets: the one that was there first holds them, and the other
 * asks it. What Durable Objects hold is each one's own.
 * @param {string} data @param {string} name
 */
function shared(data, name) {
  return {
    enableDevRegistry: true,
    unsafeDevRegistryPath: join(data, "registry"),
    unsafeEnableSharedStorage: true,
    isolatedResourcePersistencePath: join(data, name),
    resourcePersistencePath: data,
  };
}

const NOTHING = "export default { fetch: () => new Response(null, { status: 404 }) };";

function bareWorker(/** @type {string} */ name, /** @type {string} */ script, /** @type {number} */ port) {
  const modules = [{ type: "ESModule", path: `${name}.mjs`, contents: script }];
  return { name, compatibilityDate: "2026-11-01", modules, unsafeDirectSockets: [{ host: "127.0.0.1", port }] };
}

/** The file of the D1 database in a folder of data. */
export function databaseFile(/** @type {string} */ data) {
  const found = globSync(join(data, "**", "*.sqlite")).filter((path) => /d1/i.test(path) && !path.endsWith("metadata.sqlite"));
  const [file] = found;
  if (!file || found.length > 1) throw new Error(`There are ${found.length} files of D1 under ${data}, not one`);
  return file;
}

/** Starts a runtime, and tells which processes it is. @param {import("miniflare").MiniflareOptions} given */
async function launch(given, quiet = false) {
  if (quiet) {
    process.env.EDGEKEEP_WORKERD ??= join(NODE_MODULES, ".bin", "workerd");
    process.env.MINIFLARE_WORKERD_PATH = join(PROJECT, "bench", "workers", "workerd-quiet.sh");
  }
  const before = children();
  const runtime = new Miniflare(given);
  try {
    await runtime.ready;
    return { runtime, pids: children().filter((pid) => !before.includes(pid)) };
  } catch (error) {
    // What did not start is still there, and would keep the process of the test from ending.
    await runtime.dispose().catch(() => undefined);
    throw error;
  } finally {
    delete process.env.MINIFLARE_WORKERD_PATH;
  }
}

/**
 * Starts something on ports that it looks for itself, anew when one of them was taken before it was used: whoever else on this
 * machine looks for a port may be given the same one.
 * @template T @param {() => Promise<T>} start @returns {Promise<T>}
 */
async function onFreePorts(start) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start();
    } catch (error) {
      if (/** @type {any} */ (error).code !== "ERR_ADDRESS_IN_USE" || tries === TRIES) throw error;
    }
  }
}

const TRIES = 5;

/** @param {{ vars: Record<string, string | undefined>, port: number, data: string, lines: LogLine[], assets: boolean, unbound: string[], beside: { script: string, port: number } | "" | undefined }} start */
function options({ vars, port, data, lines, assets, unbound, beside }) {
  const file = join(PROJECT, "wrangler.toml");
  // The settings as committed: what a developer keeps in .dev.vars, which the options would include, is not for tests.
  const merged = Object.entries({ ...unstable_readConfig({ config: file }).vars, ...VARS, ...vars });
  // Typed by another release of Miniflare's options than the one that converts them.
  const { workerOptions } = /** @type {{ workerOptions: any }} */ (unstable_getMiniflareWorkerOptions(file));
  const ours = {
    ...workerOptions,
    ...without(unbound, workerOptions),
    // The router of assets would stand between the tests and the Worker.
    assets: assets ? workerOptions.assets : undefined,
    name: NAME,
    bindings: Object.fromEntries(merged.filter(([, value]) => value !== undefined)),
    modulesRoot: BUILD,
    modules: [
      { type: "ESModule", path: join(BUILD, "index.js") },
      { type: "CompiledWasm", path: join(BUILD, "index_bg.wasm") },
    ],
    // Straight to the Worker. The usual socket leads through a proxy Worker, which costs more than ours and changes headers.
    unsafeDirectSockets: [{ host: "127.0.0.1", port }],
    stripCfConnectingIp: false,
  };
  const other = beside && { ...bareWorker("beside", beside.script, beside.port), d1Databases: workerOptions.d1Databases };
  return {
    ...convertV4MiniflareOptions({ workers: other ? [ours, /** @type {any} */ (other)] : [ours] }),
    ...ALONE,
    resourcePersistencePath: data,
    handleStructuredLogs: (/** @type {LogLine} */ line) => void lines.push(line),
  };
}

/** Bindings without some. @param {string[]} names @param {Record<string, any>} given */
function without(names, given) {
  const kinds = ["d1Databases", "durableObjects", "r2Buckets"];
  return Object.fromEntries(kinds.map((kind) => [kind, Object.fromEntries(Object.entries(given[kind] ?? {}).filter(([name]) => !names.includes(name)))]));
}

// As `wrangler d1 migrations apply` does it: statement by statement, each file one batch, each file once.
/** @param {Miniflare} runtime */
async function migrateDatabase(runtime) {
  const database = await runtime.getD1Database("DB", NAME);
  await database.prepare("CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)").run();
  const { results } = await database.prepare("SELECT name FROM d1_migrations").all();
  const applied = new Set(results.map((/** @type {any} */ row) => row.name));
  for (const name of readdirSync(join(PROJECT, "migrations")).filter((file) => file.endsWith(".sql")).sort()) {
    if (applied.has(name)) continue;
    const statements = unstable_splitSqlQuery(readFileSync(join(PROJECT, "migrations", name), "utf8"));
    await database.batch([
      ...statements.map((/** @type {string} */ statement) => database.prepare(statement)),
      database.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name),
    ]);
  }
}
