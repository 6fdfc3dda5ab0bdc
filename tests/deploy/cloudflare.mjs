// Cloudflare's API on loopback, as far as a deployment needs it and as its documentation describes it: D1 on real SQLite,
// R2 buckets, Workers with versions and deployments, secrets, static assets, the workers.dev name.
//
// What was called is on record, and each call can be made to go wrong: refused before anything happened, or done with the
// answer lost on the way. Requests without the API token are refused, as are paths that the rehearsal does not know.

import { createHash, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";

export const ACCOUNT = "0123456789abcdef0123456789abcdef";
export const TOKEN = "rehearsal-token";

/**
 * @typedef {{ id: string, number: number, tag?: string, message?: string, bindings: any[], module: string, created: string }} Version
 * @typedef {{ id: string, versions: { version_id: string, percentage: number }[], created_on: string, message?: string }} Deployment
 * @typedef {object} Script
 * @property {string} [migrationTag]
 * @property {Version[]} versions oldest first
 * @property {Deployment[]} deployments newest first
 * @property {Map<string, string>} secrets
 * @property {string[]} crons
 * @property {{ enabled: boolean, previews_enabled: boolean }} subdomain
 * @property {string[]} tags
 * @typedef {{ call: string, body?: any }} Recorded
 * @typedef {"refuse" | "lose" | "break"} Mishap nothing happens and the answer is 403; it happens and the connection breaks; an answer that is no JSON
 * @typedef {{ status?: number, code?: number, message?: string }} Refusal
 */

/** An account, at first with nothing in it. */
export class Cloudflare {
  /** @type {Map<string, { uuid: string, name: string, db: DatabaseSync }>} */
  databases = new Map();
  /** @type {Set<string>} */
  buckets = new Set();
  /** @type {Map<string, Script>} */
  scripts = new Map();
  /** @type {string | undefined} */
  subdomain;
  /** @type {Set<string>} */
  assets = new Set();
  /** Files put up for import, by name. @type {Map<string, Buffer>} */
  uploads = new Map();
  /** @type {Recorded[]} */
  calls = [];
  /** Decides on each call whether it goes wrong. @type {(call: string) => Mishap | undefined} */
  mishap = () => undefined;
  /** The account has R2; a new one has not until somebody says yes in the dashboard. */
  r2 = true;
  /** Every secret value ever received, for searching outputs. @type {string[]} */
  received = [];

  async start() {
    this.server = createServer((request, response) => void this.#serve(request, response));
    await new Promise((resolve) => this.server?.listen(0, "127.0.0.1", () => resolve(undefined)));
    const address = this.server.address();
    this.url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/client/v4`;
    return this;
  }

  stop() {
    this.server?.closeAllConnections();
    return new Promise((resolve) => this.server?.close(() => resolve(undefined)));
  }

  /** What the edge would serve: the version of a request, by the override header or by the percentages. */
  versionFor(/** @type {string} */ name, /** @type {string | undefined} */ override) {
    const script = this.scripts.get(name);
    const deployment = script?.deployments[0];
    if (!script || !deployment) return undefined;
    const wanted = /="([0-9a-f-]+)"/.exec(override ?? "")?.[1];
    const overridden = deployment.versions.find(({ version_id }) => version_id === wanted);
    const most = [...deployment.versions].sort((a, b) => b.percentage - a.percentage)[0];
    return script.versions.find(({ id }) => id === (overridden ?? most)?.version_id);
  }

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  async #serve(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url ?? "/", "http://api");
    const path = url.pathname.replace("/client/v4", "");
    const bytes = Buffer.concat(chunks);
    const upload = /^\/uploads\/(.+)$/.exec(path)?.[1];
    if (upload && request.method === "PUT") {
      this.uploads.set(upload, bytes);
      return void response.writeHead(200, { etag: `"${createHash("md5").update(bytes).digest("hex")}"` }).end();
    }
    const headers = new Headers(/** @type {any} */ (request.headers));
    const body = await read(bytes, headers);
    const call = `${request.method} ${template(path)}`;
    this.calls.push({ call, body });
    const answer = (/** @type {number} */ status, /** @type {unknown} */ json) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(json));
    };
    const refuse = (/** @type {Refusal} */ { status = 400, code = 10000, message = "refused" }) =>
      answer(status, { success: false, errors: [{ code, message }], messages: [], result: null });

    const mishap = this.mishap(call);
    if (mishap === "refuse") return refuse({ status: 403, code: 10403, message: "rehearsed refusal" });
    if (mishap === "break") return void response.writeHead(400, { "content-type": "text/html" }).end("<h1>rehearsed</h1>");
    // Assets go up under a token of their own upload session.
    const assets = path.endsWith("/workers/assets/upload");
    if (request.headers.authorization !== `Bearer ${assets ? "assets-session" : TOKEN}`) {
      return refuse({ status: 401, message: "Authentication error" });
    }
    try {
      const result = await this.#route(request.method ?? "", path, url.searchParams, body);
      if (mishap === "lose") return void request.socket.destroy();
      const info = Array.isArray(result) ? { page: 1, per_page: 100, count: result.length, total_count: result.length, total_pages: 1 } : undefined;
      answer(assets ? 201 : 200, { success: true, errors: [], messages: [], result, result_info: info });
    } catch (error) {
      if (error instanceof Refused) return refuse(error.refusal);
      console.error(`rehearsal: ${call}:`, error);
      refuse({ status: 500, message: String(error) });
    }
  }

  /** @param {string} method @param {string} path @param {URLSearchParams} query @param {any} body @returns {Promise<unknown>} */
  async #route(method, path, query, body) {
    const account = `/accounts/${ACCOUNT}`;
    if (method === "GET" && path === "/user") return { id: "user", email: "operator@example.com" };
    if (method === "GET" && path === "/user/tokens/verify") return { id: "token", status: "active" };
    if (method === "GET" && path === "/accounts") return [{ id: ACCOUNT, name: "Rehearsal" }];
    if (method === "GET" && path === "/memberships") return [{ id: "m", status: "accepted", account: { id: ACCOUNT, name: "Rehearsal" } }];
    if (!path.startsWith(`${account}/`)) throw unknown(method, path);
    const [area = "", ...rest] = path.slice(account.length + 1).split("/").map(decodeURIComponent);
    if (area === "d1" && rest[0] === "database") return this.#d1(method, rest.slice(1), query, body);
    if (area === "r2" && rest[0] === "buckets") return this.#r2(method, rest.slice(1), body);
    if (area === "workers") return this.#workers(method, rest, body);
    throw unknown(method, path);
  }

  /** @param {string} method @param {string[]} rest @param {URLSearchParams} query @param {any} body */
  #d1(method, [key, action], query, body) {
    const all = [...this.databases.values()];
    const shown = (/** @type {{ uuid: string, name: string }} */ { uuid, name }) => ({ uuid, name, version: "production", num_tables: 0, file_size: 0 });
    if (key === undefined && method === "GET") {
      const name = query.get("name");
      return all.filter((database) => !name || database.name.includes(name)).map(shown);
    }
    if (key === undefined && method === "POST") {
      if (this.databases.has(body.name)) throw new Refused({ code: 7502, message: "database already exists" });
      const made = { uuid: randomUUID(), name: body.name, db: new DatabaseSync(":memory:") };
      this.databases.set(body.name, made);
      return shown(made);
    }
    const database = all.find(({ uuid, name }) => uuid === key || name === key);
    if (!database) throw new Refused({ status: 404, code: 7404, message: "The database could not be found" });
    if (action === undefined && method === "GET") return shown(database);
    if (action === "query" && method === "POST") return run(database.db, body);
    if (action === "import" && method === "POST") return this.#import(database, body);
    throw unknown(method, `d1/${action}`);
  }

  // A file of SQL: it is put elsewhere, with its MD5 as a check, then taken in as a whole or not at all.
  /** @param {{ uuid: string, db: DatabaseSync }} database @param {any} body */
  #import({ uuid, db }, { action, etag, filename, current_bookmark }) {
    if (action === "init") return { success: true, type: "import", filename: `${uuid}.${etag}.sql`, upload_url: `${this.url?.replace("/client/v4", "")}/uploads/${uuid}.${etag}.sql` };
    if (action === "ingest") {
      const sql = this.uploads.get(filename);
      if (!sql || createHash("md5").update(sql).digest("hex") !== etag) throw new Refused({ code: 7500, message: "no such upload" });
      try {
        db.exec(`BEGIN; ${sql.toString()}; COMMIT;`);
      } catch (error) {
        if (db.isTransaction) db.exec("ROLLBACK");
        return { success: true, type: "import", status: "error", messages: [], errors: [String(error)] };
      }
      return { success: true, type: "import", status: "active", at_bookmark: `at-${etag}`, messages: ["Ingesting"] };
    }
    if (action !== "poll" || !current_bookmark) throw new Refused({ message: `import ${action}` });
    const meta = { duration: 1, rows_read: 0, rows_written: 0, size_after: 0, changes: 0 };
    return { success: true, type: "import", status: "complete", messages: [], result: { final_bookmark: current_bookmark, num_queries: 1, meta } };
  }

  /** @param {string} method @param {string[]} rest @param {any} body */
  #r2(method, [name], body) {
    if (!this.r2) throw new Refused({ status: 403, code: 10042, message: "Please enable R2 through the Cloudflare Dashboard." });
    if (name === undefined && method === "GET") return { buckets: [...this.buckets].map((bucket) => ({ name: bucket })) };
    if (name === undefined && method === "POST") {
      if (this.buckets.has(body.name)) throw new Refused({ status: 409, code: 10004, message: "The bucket you tried to create already exists, and you own it." });
      this.buckets.add(body.name);
      return { name: body.name };
    }
    if (name !== undefined && method === "GET") {
      if (!this.buckets.has(name)) throw new Refused({ status: 404, code: 10006, message: "The specified bucket does not exist." });
      return { name };
    }
    throw unknown(method, "r2");
  }

  /** @param {string} method @param {string[]} rest @param {any} body */
  #workers(method, rest, body) {
    const [kind, name = "", part, item] = rest;
    if (kind === "subdomain" && method === "GET") {
      if (!this.subdomain) throw new Refused({ status: 404, code: 10007, message: "no workers.dev subdomain" });
      return { subdomain: this.subdomain };
    }
    if (kind === "subdomain" && method === "PUT") return { subdomain: (this.subdomain = body.subdomain) };
    if (kind === "assets" && name === "upload" && method === "POST") {
      for (const key of body.keys()) this.assets.add(key);
      return { jwt: "assets-complete" };
    }
    if (kind === "scripts" && !name && method === "GET") {
      return [...this.scripts].map(([id, script]) => ({ id, migration_tag: script.migrationTag, tag: id }));
    }
    if (kind === "scripts" && part === "assets-upload-session" && method === "POST") {
      const missing = Object.values(body.manifest).map((/** @type {any} */ entry) => entry.hash).filter((hash) => !this.assets.has(hash));
      return { jwt: missing.length > 0 ? "assets-session" : "assets-complete", buckets: missing.length > 0 ? [missing] : [] };
    }
    if (kind === "scripts" && !part && method === "PUT") return this.#upload(name, body, true);
    const script = this.scripts.get(name);
    if (!script) throw new Refused({ status: 404, code: kind === "services" ? 10090 : 10007, message: "This Worker does not exist on your account." });
    if (kind === "services" && !part && method === "GET") {
      return { id: name, default_environment: { environment: "production", script: { id: name, tag: name, tags: script.tags, migration_tag: script.migrationTag, last_deployed_from: "wrangler" } } };
    }
    if (kind === "workers" && !part && method === "GET") {
      const suffix = `-${name}.${this.subdomain}.workers.dev`;
      return { id: name, name, subdomain: { ...script.subdomain, url: `https://${name}.${this.subdomain}.workers.dev`, preview_url_suffix: suffix } };
    }
    if (kind === "scripts") return this.#script(method, name, script, part ?? "", item, body);
    throw unknown(method, rest.join("/"));
  }

  /** @param {string} method @param {string} name @param {Script} script @param {string} part @param {string | undefined} item @param {any} body */
  #script(method, name, script, part, item, body) {
    const latest = script.versions.at(-1);
    switch (`${method} ${part}`) {
      case "POST versions":
        return this.#upload(name, body, false);
      case "GET versions": {
        const shown = script.versions.map((version) => this.#version(version)).reverse();
        if (!item) return { items: shown };
        const found = shown.find(({ id }) => id === item);
        if (!found) throw new Refused({ status: 404, code: 10112, message: "version not found" });
        return found;
      }
      case "GET deployments":
        return { deployments: script.deployments };
      case "POST deployments": {
        const sum = body.versions.reduce((/** @type {number} */ total, /** @type {any} */ { percentage }) => total + percentage, 0);
        const known = body.versions.every((/** @type {any} */ { version_id }) => script.versions.some(({ id }) => id === version_id));
        if (sum !== 100 || !known || body.versions.length > 2) throw new Refused({ code: 10129, message: "bad deployment" });
        return this.#deploy(script, body.versions, body.annotations?.["workers/message"]);
      }
      case "GET secrets":
        return [...script.secrets.keys()].map((secret) => ({ name: secret, type: "secret_text" }));
      case "GET settings":
        return { bindings: latest?.bindings ?? [] };
      case "GET script-settings":
      case "PATCH script-settings":
        script.tags = body?.tags ?? script.tags;
        return { tags: script.tags };
      case "GET subdomain":
        return script.subdomain;
      case "POST subdomain":
        script.subdomain = { enabled: body.enabled, previews_enabled: body.previews_enabled ?? script.subdomain.previews_enabled };
        return script.subdomain;
      case "GET schedules":
        return { schedules: script.crons.map((cron) => ({ cron })) };
      case "PUT schedules":
        script.crons = body.map((/** @type {any} */ { cron }) => cron);
        return { schedules: body };
      case "GET routes":
      case "GET domains":
        return [];
      case "GET tails":
        return [];
    }
    throw unknown(method, part);
  }

  /** @param {string} name @param {FormData} form @param {boolean} live */
  async #upload(name, form, live) {
    const metadata = JSON.parse(await text(form.get("metadata")));
    const before = this.scripts.get(name);
    const migrations = metadata.migrations;
    if (migrations && !live) throw new Refused({ code: 10211, message: "migrations cannot be applied by a version" });
    if (migrations && (migrations.old_tag ?? undefined) !== before?.migrationTag) throw new Refused({ code: 10079, message: "migration tag precondition failed" });
    metadata.bindings = metadata.bindings.map((/** @type {any} */ binding) => (binding.type === "inherit" ? inherited(before, binding) : binding));
    const declared = new Set(metadata.bindings.map((/** @type {any} */ binding) => binding.name));
    if (metadata.assets && metadata.assets.jwt !== "assets-complete") throw new Refused({ code: 10061, message: "assets are not complete" });
    const d1 = metadata.bindings.filter((/** @type {any} */ { type }) => type === "d1");
    if (d1.some((/** @type {any} */ { id }) => ![...this.databases.values()].some(({ uuid }) => uuid === id))) {
      throw new Refused({ code: 10181, message: "D1 binding refers to a database that does not exist" });
    }
    const r2 = metadata.bindings.filter((/** @type {any} */ { type }) => type === "r2_bucket");
    if (r2.some((/** @type {any} */ { bucket_name }) => !this.buckets.has(bucket_name))) {
      throw new Refused({ code: 10085, message: "R2 bucket not found" });
    }
    /** @type {Script} */
    const script = before ?? { versions: [], deployments: [], secrets: new Map(), crons: [], subdomain: { enabled: false, previews_enabled: false }, tags: [] };
    for (const binding of metadata.bindings) {
      if (binding.type !== "secret_text") continue;
      this.received.push(binding.text);
      script.secrets.set(binding.name, binding.text);
    }
    const kept = [...script.secrets.keys()].filter((secret) => !declared.has(secret));
    const main = form.get(metadata.main_module);
    /** @type {Version} */
    const version = {
      id: randomUUID(),
      number: script.versions.length + 1,
      tag: metadata.annotations?.["workers/tag"],
      message: metadata.annotations?.["workers/message"],
      bindings: [...metadata.bindings.map((/** @type {any} */ binding) => ({ ...binding, text: undefined })), ...kept.map((secret) => ({ name: secret, type: "secret_text" }))],
      module: await text(main),
      created: new Date().toISOString(),
    };
    script.versions.push(version);
    script.migrationTag = migrations?.new_tag ?? script.migrationTag;
    this.scripts.set(name, script);
    if (live) this.#deploy(script, [{ version_id: version.id, percentage: 100 }]);
    // Never a preview: Workers that implement Durable Objects get none.
    const both = { id: version.id, startup_time_ms: 12, metadata: { has_preview: false }, number: version.number };
    return live ? { ...both, id: name, tag: name, deployment_id: version.id, pipeline_hash: null, mutable_pipeline_id: null } : both;
  }

  /** @param {Script} script @param {{ version_id: string, percentage: number }[]} versions @param {string} [message] */
  #deploy(script, versions, message) {
    const deployment = { id: randomUUID(), source: "wrangler", strategy: "percentage", author_email: "operator@example.com", versions, created_on: new Date().toISOString(), message, annotations: {} };
    script.deployments.unshift(deployment);
    return deployment;
  }

  #version(/** @type {Version} */ version) {
    return {
      id: version.id,
      number: version.number,
      metadata: { created_on: version.created, author_email: "operator@example.com", source: "wrangler", has_preview: false },
      annotations: { "workers/tag": version.tag, "workers/message": version.message, "workers/triggered_by": "upload" },
      resources: { bindings: version.bindings, script: { handlers: ["fetch"] }, script_runtime: {} },
    };
  }
}

/** What a new version takes over from the one before: strictly, it must be there. @param {Script | undefined} script @param {any} binding */
function inherited(script, { name, old_name }) {
  const found = script?.versions.at(-1)?.bindings.find((binding) => binding.name === (old_name ?? name));
  if (!found) throw new Refused({ code: 10057, message: `nothing to inherit for ${name}` });
  return { ...found, name };
}

class Refused extends Error {
  constructor(/** @type {Refusal} */ refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

const unknown = (/** @type {string} */ method, /** @type {string} */ path) => {
  console.error(`rehearsal: nobody answers ${method} ${path}`);
  return new Refused({ status: 404, code: 7003, message: `Could not route to ${method} ${path}` });
};

/** Ids and names out of a path, so that one kind of call has one name. */
function template(/** @type {string} */ path) {
  return path
    .replace(ACCOUNT, ":account")
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, ":id")
    .replace(/\/(database|buckets|scripts|services|workers)\/(?!subdomain|assets|scripts|services|workers)([^/]+)/g, "/$1/:name");
}

/** @param {Buffer} bytes @param {Headers} headers */
async function read(bytes, headers) {
  const type = headers.get("content-type") ?? "";
  if (bytes.length === 0) return undefined;
  if (type.startsWith("multipart/form-data")) return new Response(new Uint8Array(bytes), { headers: { "content-type": type } }).formData();
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return bytes.toString();
  }
}

/** @param {File | string | null} entry */
async function text(entry) {
  return entry === null ? "" : typeof entry === "string" ? entry : entry.text();
}

// D1 answers with one entry for each statement, and takes one text of several, or a batch.
/** @param {DatabaseSync} db @param {any} body */
function run(db, body) {
  const statements = body.batch ?? [{ sql: body.sql, params: body.params }];
  try {
    return statements.flatMap((/** @type {any} */ { sql, params = [] }) => {
      const one = (/** @type {unknown[]} */ results) => ({ success: true, results, meta: { duration: 0, changes: 0, rows_read: 0, rows_written: 0, served_by: "rehearsal" } });
      if (/^\s*(select|pragma|with)/i.test(sql)) return [one(db.prepare(sql).all(...params))];
      if (params.length > 0) return [one(db.prepare(sql).all(...params))];
      db.exec(`BEGIN; ${sql}; COMMIT;`);
      return [one([])];
    });
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw new Refused({ code: 7500, message: String(error) });
  }
}
