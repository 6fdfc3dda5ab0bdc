// Does a version do what it must, where it is? Asked from outside, of one version by the header that Cloudflare reads, until
// it answers as it should or the patience is over: a deployment takes seconds to be everywhere.

import { sleep } from "../process.mjs";

const BREAK = 1_000;
const DEADLINE = 10_000;

/**
 * @typedef {object} Smoke
 * @property {string} origin
 * @property {string} [override] value of the header that asks for one version
 * @property {string} [commit] what the version must say it was built from
 * @property {number} patience milliseconds
 */

/** @param {Smoke} smoke @returns {Promise<string[]>} what is wrong; empty when nothing is */
export async function smokeTest(smoke) {
  const until = Date.now() + smoke.patience;
  for (;;) {
    const wrong = (await Promise.all(CHECKS.map((check) => attempt(smoke, check)))).flatMap((one) => (one ? [one] : []));
    if (wrong.length === 0 || Date.now() >= until) return wrong;
    await sleep(Math.min(BREAK, smoke.patience));
  }
}

/** The header that asks for one version of a Worker. @param {string} worker @param {string} version */
export function overrideOf(worker, version) {
  return `${worker}="${version}"`;
}

/** @typedef {{ path: string, right: (answer: { status: number, headers: Headers, body: any }, smoke: Smoke) => string | undefined }} Check */

/** @param {Smoke} smoke @param {Check} check @returns {Promise<string | undefined>} */
async function attempt(smoke, { path, right }) {
  const named = (/** @type {string | undefined} */ wrong) => wrong && `GET ${path}: ${wrong}`;
  try {
    const headers = new Headers(smoke.override ? { "cloudflare-workers-version-overrides": smoke.override } : {});
    const response = await fetch(smoke.origin + path, { headers, redirect: "manual", signal: AbortSignal.timeout(DEADLINE) });
    const body = await response.json().catch(() => undefined);
    return named(right({ status: response.status, headers: response.headers, body }, smoke));
  } catch (error) {
    const { message, cause } = /** @type {Error & { cause?: Error }} */ (error);
    return named(cause?.message ?? message);
  }
}

/** @type {Check[]} */
const CHECKS = [
  {
    path: "/",
    right({ status, headers }) {
      const type = headers.get("content-type") ?? "";
      return status === 200 && type.startsWith("text/html") ? undefined : `${status} ${type}, the web app was expected`;
    },
  },
  {
    path: "/healthz",
    right({ status, body }, { commit }) {
      if (status !== 200 || body?.status !== "ok") return `${status} ${body?.code ?? ""}, 200 was expected`;
      if (commit && body.commit && body.commit !== commit) return `it was built from ${body.commit}, not from ${commit}`;
      return undefined;
    },
  },
  {
    path: "/readyz",
    right: ({ status, body }) => (status === 200 ? undefined : `${status} ${JSON.stringify(body?.checks ?? body?.code ?? "")}`),
  },
  {
    path: "/api/v1/auth/me",
    right: ({ status, body }) => (status === 401 && body?.code === "unauthenticated" ? undefined : `${status} ${body?.code ?? ""}, a refusal was expected`),
  },
  {
    path: "/api/v1/no-such-route",
    right: ({ status, headers }) => (status === 404 && headers.get("x-content-type-options") === "nosniff" ? undefined : `${status}, 404 with the security headers was expected`),
  },
];
