// The service as such: ready, the right version, a sane clock, bounds on bodies.

import { fail, pass, warn } from "../check.mjs";
import { BATCH, DETECT, LOGIN, REGISTER } from "../client.mjs";
import { release } from "../../deploy/target.mjs";

const SKEW = 30_000;
const MIB = 1024 * 1024;

/** @type {import("../check.mjs").Check[]} */
export const service = [
  {
    id: "ready",
    title: "The Worker and all its parts answer",
    async run({ client }) {
      const live = await client.fetch("/healthz");
      if (live.body?.code === "misconfigured") return fail("the configuration is refused", "The log names each bad setting: `npx wrangler tail`. Missing secrets: `npm run deploy` makes them.");
      if (live.status !== 200) return fail(`GET /healthz: ${live.status}`, "Is this the right host? `npx wrangler tail` shows what it says.");
      const ready = await client.fetch("/readyz");
      return ready.status === 200 ? pass("healthy and ready") : fail(`GET /readyz: ${ready.status} ${JSON.stringify(ready.body?.checks ?? "")}`, "The part that fails is named; the log has the reason.");
    },
  },
  {
    id: "version",
    title: "What runs is what is in git",
    async run({ client }) {
      const { body } = await client.fetch("/healthz");
      const { commit, version, dirty } = release();
      if (!body?.commit) return warn(`version ${body?.version}, without a commit`, "Deploy this version: it says what it was built from.");
      if (body.commit !== commit) return warn(`${body.version} from ${body.commit}, and here is ${version} from ${commit}`, "Deploy, or check out what runs.");
      return dirty ? warn(`${body.commit}, and there are changes here that are not committed`, "Commit what you deploy.") : pass(`${body.version} from ${body.commit}`);
    },
  },
  {
    id: "production",
    title: "Nothing of development is reachable",
    async run({ client, loopback }) {
      const open = [];
      for (const path of ["/__debug/error", "/__debug/panic"]) if ((await client.fetch(path)).status !== 404) open.push(path);
      if (open.length === 0) return pass("no debug routes");
      return loopback ? warn(`${open.join(", ")}: this is a development server`, "Nothing, here.") : fail(`${open.join(", ")} answer`, "Set ENVIRONMENT to production (or staging) and deploy.");
    },
  },
  {
    id: "unknown",
    title: "An address that is none answers 404",
    async run({ client }) {
      const found = [];
      for (const path of ["/no/such/page", "/assets/no-such-file.js", "/api/v1/no-such-route"]) {
        const { status } = await client.fetch(path);
        if (status !== 404) found.push(`${path}: ${status}`);
      }
      const advice = "`not_found_handling` in wrangler.toml must be \"404-page\", and nothing in front may answer instead.";
      return found.length === 0 ? pass("pages, files and routes") : fail(found.join(", "), advice);
    },
  },
  {
    id: "clock",
    title: "The clock is right",
    async run({ client }) {
      const before = Date.now();
      const { headers } = await client.fetch("/healthz");
      const date = Date.parse(headers.get("date") ?? "");
      if (Number.isNaN(date)) return warn("answers carry no Date", "Only a server on your own machine leaves it out.");
      const skew = Math.max(0, before - date - 1_000, date - Date.now());
      return skew <= SKEW ? pass(`within ${Math.ceil(skew / 1000)} s of this machine's`) : fail(`off by ${Math.round(skew / 1000)} s`, "Is the clock of this machine right? Cloudflare's is.");
    },
  },
  {
    id: "body-limits",
    title: "Bodies that are too large are refused",
    async run({ client, account }) {
      const large = /** @type {[string, number, string?][]} */ ([[LOGIN, 64 * 1024], [REGISTER, MIB]]);
      if (account.token) large.push([DETECT, 8 * MIB, account.token], [BATCH, 16 * MIB, account.token]);
      const statuses = [];
      for (const [path, bytes, token] of large) statuses.push(await client.large(path, bytes, token));
      return statuses.every((status) => status === 413) ? pass(`413 from 64 KiB to 16 MiB on ${statuses.length} routes`) : fail(`answers ${statuses.join(", ")}, all were to be 413`, "This is a defect of the version that runs: deploy another.");
    },
  },
  {
    id: "errors",
    title: "Errors tell people something and strangers nothing",
    async run({ client }) {
      const bad = [];
      for (const [path, init] of /** @type {[string, import("../client.mjs").Call][]} */ ([
        ["/api/v1/no-such-route", {}],
        [LOGIN, { method: "POST", body: "{", headers: { "content-type": "application/json" } }],
        [LOGIN, { method: "PUT" }],
        ["/API/v1/auth/me", {}],
        ["/", { method: "POST" }],
      ])) {
        const { status, headers, body, text } = await client.fetch(path, init);
        const isProblem = headers.get("content-type") === "application/problem+json" && body?.code && body?.request_id;
        if (status < 400 || status >= 500 || !isProblem || /stack|panicked|\.rs:/.test(text)) bad.push(`${init.method ?? "GET"} ${path}: ${status}`);
      }
      return bad.length === 0 ? pass("problem+json with code and request id") : fail(bad.join(", "), "This is a defect of the version that runs, or of something in front of it.");
    },
  },
];
