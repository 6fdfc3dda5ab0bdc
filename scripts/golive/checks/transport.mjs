// TLS, HSTS, security headers, CORS.

import { connect } from "node:tls";
import { fail, pass, warn } from "../check.mjs";
import { LOGIN, ME } from "../client.mjs";

const DAY = 86_400_000;
const HALF_A_YEAR = 15_768_000;
const STRANGER = "https://golive-stranger.invalid";

/** @type {import("../check.mjs").Check[]} */
export const transport = [
  {
    id: "tls",
    title: "TLS 1.2 or newer, with a certificate that is not about to end",
    async run({ origin, loopback, now }) {
      if (loopback) return warn("not over TLS: this is your own machine", "Nothing, here.");
      if (!origin.startsWith("https:")) return fail("the address is http", "Give it as https://HOST; no password may travel without TLS.");
      const { protocol, until } = await handshake(new URL(origin));
      const days = Math.floor((until.getTime() - now.getTime()) / DAY);
      if (protocol !== "TLSv1.3" && protocol !== "TLSv1.2") return fail(`${protocol}`, "Set the minimum TLS version of the zone to 1.2.");
      if (days < 7) return fail(`${protocol}, the certificate ends in ${days} days`, "Cloudflare renews it by itself a month ahead: look at SSL/TLS, Edge Certificates.");
      return pass(`${protocol}, certificate for another ${days} days`);
    },
  },
  {
    id: "https-only",
    title: "Plain HTTP leads to HTTPS",
    async run({ origin, loopback }) {
      if (loopback) return warn("not over TLS: this is your own machine", "Nothing, here.");
      const plain = origin.replace(/^https:/, "http:");
      const response = await fetch(`${plain}/healthz`, { redirect: "manual", signal: AbortSignal.timeout(10_000) }).catch(() => undefined);
      if (!response) return pass("plain HTTP is not answered at all");
      const location = response.headers.get("location") ?? "";
      if (response.status >= 300 && response.status < 400 && location.startsWith("https:")) return pass(`${response.status} to https`);
      return fail(`plain HTTP is answered with ${response.status}`, "Turn on \"Always Use HTTPS\" for the zone (SSL/TLS, Edge Certificates).");
    },
  },
  {
    id: "hsts",
    title: "HSTS for at least half a year",
    async run({ client, loopback }) {
      const value = (await client.fetch("/healthz")).headers.get("strict-transport-security");
      if (loopback) return value ? fail("HSTS without TLS", "Browsers ignore it; something in front adds it.") : pass("none without TLS, as it must be");
      const age = Number(/max-age=(\d+)/.exec(value ?? "")?.[1] ?? 0);
      return age >= HALF_A_YEAR ? pass(`${value}`) : fail(value ?? "the header is missing", "The Worker sends it over TLS: something in front of it takes it away.");
    },
  },
  {
    id: "headers",
    title: "Security headers on the API, on errors and on pages",
    async run({ client }) {
      const missing = [];
      for (const path of ["/healthz", ME, "/api/v1/no-such-route", "/"]) {
        const { headers } = await client.fetch(path);
        const policy = headers.get("content-security-policy") ?? "";
        if (headers.get("x-content-type-options") !== "nosniff") missing.push(`${path}: x-content-type-options`);
        if (!/frame-ancestors 'none'/.test(policy) && headers.get("x-frame-options") !== "DENY") missing.push(`${path}: frame-ancestors`);
        if (!policy || /unsafe-inline|unsafe-eval/.test(policy)) missing.push(`${path}: a strict content-security-policy`);
        if (!headers.get("referrer-policy")) missing.push(`${path}: referrer-policy`);
        if (path.startsWith("/api/") && headers.get("cache-control") !== "no-store") missing.push(`${path}: cache-control no-store`);
      }
      return missing.length === 0 ? pass("all there") : fail(missing.join(", "), "The Worker sends them: look at what stands in front (transform rules), or at web/public/_headers for pages.");
    },
  },
  {
    id: "cors",
    title: "No strange origin may read answers",
    async run({ client }) {
      const bad = [];
      for (const origin of [STRANGER, "null", `${client.origin}.golive-stranger.invalid`]) {
        const plain = await client.fetch(ME, { headers: { origin } });
        const preflight = await client.fetch(LOGIN, { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } });
        for (const { headers } of [plain, preflight]) {
          if (headers.get("access-control-allow-origin") !== null) bad.push(origin);
        }
      }
      return bad.length === 0 ? pass("three strange origins were refused") : fail(`${[...new Set(bad)].join(", ")} may read answers`, "Make CORS_ORIGINS name only your own origins.");
    },
  },
];

/** @param {URL} url @returns {Promise<{ protocol: string | null, until: Date }>} */
function handshake({ hostname, port }) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port || 443), servername: hostname, timeout: 10_000 });
    socket.once("secureConnect", () => {
      resolve({ protocol: socket.getProtocol(), until: new Date(socket.getPeerCertificate().valid_to) });
      socket.end();
    });
    socket.once("timeout", () => socket.destroy(new Error("no TLS handshake within 10 s")));
    socket.once("error", reject);
  });
}
