// The built web app on the built Worker, in a real Chromium.
//
// `startSite` starts both, `site.visitor()` is a new person with an empty browser. Artefacts land in test-results/.
//
// `site.stop()` fails when anything that passed through the browsers, be it a password, a token, an e-mail, a cookie or a
// text, stands in what the Worker logged or reported.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { PROJECT } from "../../scripts/paths.mjs";
import { sleep } from "../../scripts/process.mjs";
import { browser as browserPath } from "../../scripts/setup/browser.mjs";
import { startWorker } from "../workerd/harness.mjs";
import { startReceiver } from "../workerd/receiver.mjs";
import { Secrets } from "./secrets.mjs";

export const ARTEFACTS = join(PROJECT, "test-results");
export const PASSWORD = "engine weaves patterns like a loom";

/** Written by a language model for these tests, in the manner that such models have. */
export const MACHINE = `In today's rapidly evolving digital landscape, effective communication plays a crucial role in fostering meaningful connections. Moreover, it is important to note that collaboration enables teams to leverage diverse perspectives, ultimately driving innovation and ensuring sustainable growth. By embracing a culture of continuous learning, organizations can navigate complex challenges with confidence. Furthermore, leveraging cutting-edge technologies allows businesses to streamline their operations and enhance overall efficiency.

In conclusion, a holistic approach that prioritizes adaptability, inclusivity, and strategic thinking is essential for unlocking long-term success in an increasingly interconnected world.`;

/** Written by a person for these tests. */
export const PERSON = `My aunt had shelved books in that building for thirty-one years. She could tell you, without looking, which radiator hissed and which window would stick in August. When the council's letter came she read it twice, folded it, and went back to mending the spine of an atlas that no one had borrowed since 1987. I asked her why she bothered. She said somebody would want to know where Bolivia was, sooner or later, and then they would be glad.`;

// As the machine's own Chromium needs them in a container: no sandbox as root, and no calls home.
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// Many people from one address in a short time: what these tests are not about must not stop them.
const VARS = { LOGIN_LIMIT: "1000/minute", REGISTER_LIMIT: "1000/minute", REFRESH_LIMIT: "1000/minute" };

/**
 * Settings by which second opinions are asked of a provider on loopback.
 * @param {{ url: string }} provider @returns {Record<string, string>}
 */
export function opinions({ url }) {
  return { SECOND_OPINION: "on", GROQ_API_KEY: "gsk_0123456789abcdefghij", GROQ_BASE_URL: `${url}/groq/v1`, AI_BUDGET_PER_ACCOUNT: "0.05/day" };
}

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").BrowserContext} Context */

/** Where what people send is collected. A body that the browser streams is not shown to those who listen to it.
 * @type {WeakMap<Context, Secrets>} */
const SECRETS = new WeakMap();

/** @param {Record<string, string>} [vars] */
export async function startSite(vars = {}) {
  const sentry = await startReceiver();
  const secrets = new Secrets();
  for (const text of [PASSWORD, MACHINE, PERSON]) secrets.add(text);
  const settings = { ...VARS, SENTRY_DSN: sentry.dsn, SENTRY_TRACES_SAMPLE_RATE: "1", LOG_LEVEL: "debug", ...vars };
  const worker = await startWorker({ assets: true, vars: settings });
  const browser = await chromium.launch({ executablePath: await browserPath(), args: FLAGS });
  // As a person would: secure cookies and locks work on localhost as they do over TLS.
  const url = `http://localhost:${worker.port}`;
  let people = 0;

  return {
    worker,
    browser,
    sentry,
    secrets,
    url,
    settings,

    /**
     * A new browser profile.
     * @param {import("playwright-core").BrowserContextOptions} [options]
     */
    async visitor(options = {}) {
      const context = await browser.newContext({ baseURL: url, reducedMotion: "reduce", locale: "en-GB", timezoneId: "UTC", ...options });
      context.setDefaultTimeout(10_000);
      secrets.watch(context);
      SECRETS.set(context, secrets);
      return context;
    },

    /** Somebody with an account, signed in on a page. @param {import("playwright-core").BrowserContextOptions} [options] */
    async member(options = {}) {
      const context = await this.visitor(options);
      const page = await context.newPage();
      const email = `person${(people += 1)}@example.com`;
      await register(page, email);
      return { context, page, email };
    },

    async stop() {
      const found = await secrets.all();
      await browser.close();
      await worker.stop();
      await sentry.stop();
      const lines = worker.logs().map(({ message }) => message);
      assert.ok(lines.some((line) => line.includes('"body":"request"')), "there is a log to search");
      assert.ok(sentry.bodies().some((body) => body.includes('"type":"transaction"')), "and there are reports");
      assert.ok(found.length > 0, "and something to search for");
      await secrets.assertAbsentFrom([...lines, ...sentry.bodies()]);
      assert.deepEqual(sentry.problems(), []);
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof startSite>>} Site */

/** @param {Page} page @param {string} email */
export async function register(page, email, name = "Ada Lovelace") {
  await page.goto("/register");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Create the account" }).click();
  await page.getByRole("heading", { name: "Check a text" }).waitFor();
}

/** @param {Page} page @param {string} email */
export async function signIn(page, email, password = PASSWORD) {
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/**
 * Asks until an expression is true in the page. `page.waitForFunction` can't: from its second look on it evaluates within the page,
 * which the policy for content forbids.
 * @param {Page} page @param {string} expression
 */
export async function until(page, expression) {
  for (const deadline = Date.now() + 30_000; !(await page.evaluate(expression)); await sleep(20)) {
    assert.ok(Date.now() < deadline, `never true: ${expression}`);
  }
}

/** Checks a text and gives the heading of the report. @param {Page} page @param {string} text */
export async function check(page, text) {
  SECRETS.get(page.context())?.add(text);
  await page.getByLabel("Text", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Check the text" }).click();
  const heading = page.locator(".verdict h2");
  await heading.waitFor();
  await page.locator(".report[aria-busy=false]").waitFor();
  return heading.textContent();
}

/** Errors of the pages of a context, from now on: exceptions, and what the console calls an error, as a breach of the policy for content is. @param {Context} context */
export function faults(context) {
  /** @type {string[]} */
  const found = [];
  context.on("weberror", (error) => void found.push(String(error.error())));
  context.on("console", (message) => {
    if (message.type() === "error") found.push(message.text());
  });
  return found;
}

/** @param {Page} page @param {string} name */
export async function picture(page, name) {
  mkdirSync(join(ARTEFACTS, "pages"), { recursive: true });
  // From the top: what sticks there would stand in the middle of the picture.
  await page.evaluate("window.scrollTo(0, 0)");
  await page.screenshot({ path: join(ARTEFACTS, "pages", `${name}.png`), fullPage: true });
}
