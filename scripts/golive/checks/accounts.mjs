// Accounts, with one that is thrown away: what people do works, and what nobody may do is refused.

import { createHmac } from "node:crypto";
import { fail, pass, warn } from "../check.mjs";
import { BATCH, DETECT, LOGIN, LOGOUT, ME, REFRESH, SESSIONS } from "../client.mjs";

/** The secret that the project's own tests sign with; it is public. */
const PUBLIC_SECRETS = ["dGVzdHMgb25seTogbmV2ZXIgYSByZWFsIHNlY3JldCE"];
const PROTECTED = /** @type {const} */ ([["GET", ME], ["DELETE", ME], ["GET", SESSIONS], ["DELETE", SESSIONS], ["POST", LOGOUT], ["POST", DETECT], ["POST", BATCH]]);
const DEFECT = "This is a defect of the version that runs: `npx wrangler rollback`, and report it.";
const LOOK = "`npx wrangler tail` shows why.";
/** More than this many detections are not spent on finding out. */
const MOST = 60;

/** @type {import("../check.mjs").Check[]} */
export const accounts = [
  {
    id: "register",
    title: "People can register",
    async run({ account }) {
      const answer = await account.register();
      if (answer.status === 429) return fail("the limit for registrations from this address is used up", `Wait ${answer.headers.get("retry-after")} s and try again; the checks below needed this one.`);
      return answer.status === 201 ? pass("201 with tokens") : fail(`${answer.status} ${answer.body?.code ?? ""}`, LOOK);
    },
  },
  {
    id: "login",
    title: "They can log in, refresh and log out, and a log-out counts at once",
    async run({ client, account }) {
      if (!account.exists) return skipped();
      const login = await account.login();
      if (login.status !== 200) return fail(`log-in: ${login.status} ${login.body?.code ?? ""}`, LOOK);
      const [first] = account.sessions;
      const me = await client.fetch(ME, { token: account.token });
      if (me.body?.email !== account.email) return fail(`GET ${ME}: ${me.status}`, LOOK);
      const refreshed = await client.post(REFRESH, { refresh_token: first?.refresh });
      if (refreshed.status !== 200) return fail(`refresh: ${refreshed.status} ${refreshed.body?.code ?? ""}`, LOOK);
      const { access_token: token } = refreshed.body;
      const out = await client.fetch(LOGOUT, { method: "POST", token });
      const after = await client.fetch(ME, { token });
      if (out.status !== 204 || after.status !== 401) return fail(`after a log-out (${out.status}) the token is answered with ${after.status}`, DEFECT);
      const dead = await client.post(REFRESH, { refresh_token: refreshed.body.refresh_token });
      return dead.status === 401 ? pass("and the tokens were refused right after") : fail(`a refresh after the log-out: ${dead.status}`, DEFECT);
    },
  },
  {
    id: "protected",
    title: "Protected routes refuse whoever has no token, a forged one or a made-up one",
    async run({ client, account }) {
      const open = [];
      const tokens = [undefined, "", "made-up", ...(account.token ? forgeries(account.token) : [])];
      for (const [method, path] of PROTECTED) {
        for (const token of tokens) {
          const { status } = await client.fetch(path, { method, token });
          if (status !== 401) open.push(`${method} ${path}: ${status}`);
        }
      }
      const [again] = [await client.fetch(ME, { token: account.token })];
      if (open.length > 0) return fail(open.join(", "), DEFECT);
      return !account.token || again.status === 200 ? pass(`${PROTECTED.length} routes, ${tokens.length} ways`) : fail("the real token does not work either", LOOK);
    },
  },
  {
    id: "secrets",
    title: "The secrets are set, strong, and not those of development",
    async run({ client, account, laptop, operatorToken }) {
      if (!account.token) return skipped();
      // The Worker refuses to run without a strong one; so what remains is whether somebody else knows it.
      const known = [...PUBLIC_SECRETS, ...Object.values(laptop)];
      for (const secret of known) {
        const { status } = await client.fetch(ME, { token: signed(account.token, secret) });
        if (status !== 401) return fail("tokens can be signed with a secret of development", "`npx wrangler secret put JWT_SECRET` with `openssl rand -hex 32`: all sessions' tokens end.");
      }
      for (const token of known.filter((secret) => secret !== operatorToken)) {
        const { status } = await client.fetch("/api/v1/operator/cron-runs", { token });
        if (status < 400) return fail("the operator's routes open with a secret of development", "`npx wrangler secret put OPERATOR_TOKEN` with `openssl rand -hex 32`.");
      }
      return pass(`none of the ${known.length} known to this machine`);
    },
  },
  {
    id: "limits",
    title: "Limits bite",
    async run({ client, account }) {
      if (!account.token) return skipped();
      const first = await client.post(DETECT, { text: TEXT }, { token: account.token });
      const policy = first.headers.get("ratelimit-policy");
      if (first.status !== 200 || !policy) return fail(`detect: ${first.status}, RateLimit-Policy: ${policy}`, LOOK);
      const most = Math.min(...[...policy.matchAll(/q=(\d+)/g)].map(([, quota]) => Number(quota)));
      if (most > MOST) return warn(`${policy}; so many calls were not spent on it`, "Are so many detections per account what you want? DETECT_LIMIT.");
      let left = most - 1;
      while (left > 0) {
        const texts = Array.from({ length: Math.min(left, 20) }, () => ({ text: TEXT }));
        const { status } = await client.post(BATCH, { texts }, { token: account.token });
        if (status !== 200) return fail(`a batch within the limit: ${status}`, LOOK);
        left -= texts.length;
      }
      const over = await client.post(DETECT, { text: TEXT }, { token: account.token });
      const wait = Number(over.headers.get("retry-after"));
      return over.status === 429 && wait > 0 ? pass(`${most} detections, then 429 with Retry-After ${wait}`) : fail(`the call after the ${most}th: ${over.status}`, "Nothing bounds what an account costs: DETECT_LIMIT, and the log.");
    },
  },
  {
    id: "guessing",
    title: "Log-ins are limited, and tell nothing about who is registered",
    async run({ client, account }) {
      const password = "not the password of anybody";
      const unknown = await client.post(LOGIN, { email: `nobody-${account.email}`, password });
      if (unknown.status === 429) return pass("429 by now: this address has used up its log-ins");
      const wrong = await client.post(LOGIN, { email: account.email, password });
      const policy = unknown.headers.get("ratelimit-policy");
      if (!policy) return fail("log-ins carry no RateLimit-Policy", "LOGIN_LIMIT bounds guesses per address.");
      const same = unknown.status === 401 && (wrong.status === 401 || wrong.status === 429);
      return same ? pass(`${policy}; an unknown e-mail is answered like a wrong password`) : fail(`unknown: ${unknown.status}, wrong: ${wrong.status}`, DEFECT);
    },
  },
];

/** The last of all: what was made goes. @type {import("../check.mjs").Check} */
export const removal = {
  id: "removal",
  title: "The throw-away account is deleted",
  async run({ client, account }) {
    if (!account.exists) return pass("there was none");
    const { token } = account;
    const answer = await account.remove();
    if (answer?.status !== 204) return fail(`${answer?.status} ${answer?.body?.code ?? ""}: ${account.email} is left behind`, `Delete it: DELETE FROM users WHERE email = '${account.email}'`);
    const after = await client.fetch(ME, { token });
    return after.status === 401 ? pass("and its tokens are dead") : fail(`its token is still answered with ${after.status}`, DEFECT);
  },
};

const skipped = () => warn("could not be tried without the throw-away account", "See above.");

// Real claims under signatures that are not ours.
/** @param {string} token */
function forgeries(token) {
  const [, payload = "", signature = ""] = token.split(".");
  const header = (/** @type {string} */ alg) => Buffer.from(JSON.stringify({ alg, typ: "JWT" })).toString("base64url");
  return [`${header("none")}.${payload}.`, `${header("HS256")}.${payload}.${signature.replace(/./g, "A")}`, signed(token, Buffer.alloc(32).toString("base64url"))];
}

/** The same token under another secret, whose text is the key. @param {string} token @param {string} secret */
function signed(token, secret) {
  const [header = "", payload = ""] = token.split(".");
  return `${header}.${payload}.${createHmac("sha256", secret).update(`${header}.${payload}`).digest("base64url")}`;
}

const TEXT = `The ferry left at seven, an hour late, because somebody had parked a tractor on the ramp. We drank bad coffee and
looked at the rain. My aunt had brought sandwiches enough for a school, and by the time the island came in sight we had fed
half the deck. Nobody asked where the tractor went.`;
