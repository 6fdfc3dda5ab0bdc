// Every page at three widths and in both themes: rules of accessibility, keyboard, headers, pictures.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, it } from "node:test";
import { startProvider } from "../workerd/provider.mjs";
import { MACHINE, PASSWORD, check, faults, opinions, picture, startSite, until } from "./browser.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WIDTHS = { phone: 375, tablet: 820, wide: 1440 };

/** @typedef {import("./browser.mjs").Page} Page */

/** Every page, and how it is reached in a state that shows what it can. */
const PAGES = [
  { name: "home", path: "/", member: false },
  { name: "sign-in", path: "/sign-in", member: false },
  { name: "sign-in-wrong", path: "/sign-in", member: false, prepare: wrongSignIn },
  { name: "register", path: "/register", member: false },
  { name: "register-wrong", path: "/register", member: false, prepare: wrongRegistration },
  { name: "detect", path: "/detect", member: true },
  { name: "report-opinion", path: "/detect", member: true, prepare: withOpinion },
  { name: "report", path: "/detect", member: true, prepare: (/** @type {Page} */ page) => check(page, `${MACHINE}\u200b\u200b\u200b\u200b\u200b`) },
  { name: "account", path: "/account", member: true, prepare: accountShown },
  { name: "account-dialog", path: "/account", member: true, prepare: openDialog },
  { name: "account-deletion", path: "/account", member: true, prepare: openDeletion },
  { name: "status", path: "/status", member: false, prepare: (/** @type {Page} */ page) => page.locator("main .parts").first().waitFor() },
  { name: "status-history", path: "/status", member: false, before: someHistory, prepare: (/** @type {Page} */ page) => page.locator(".bars").first().waitFor() },
  { name: "docs", path: "/docs", member: false, prepare: (/** @type {Page} */ page) => page.locator("main .operation").first().waitFor() },
  { name: "not-found", path: "/no/such/page", member: false },
];

describe("every page", () => {
  /** @type {import("./browser.mjs").Site} */
  let site;
  /** @type {Awaited<ReturnType<typeof startProvider>>} */
  let provider;
  before(async () => {
    provider = await startProvider();
    site = await startSite({ DETECT_LIMIT: "1000/hour", ...opinions(provider) });
  });
  after(async () => {
    await site.stop();
    await provider.stop();
  });

  for (const { name, path, member, before: happened, prepare } of PAGES) {
    it(`${name}: axe finds nothing in either theme at any width, nothing moves, nothing breaks the policy`, async () => {
      await happened?.(site);
      const context = member ? await withTwoDevices(site) : await site.visitor();
      await context.addInitScript(SHIFTS);
      const page = await context.newPage();
      const found = faults(context);
      await page.goto(path);
      await page.locator("h1").waitFor();
      await prepare?.(page);
      await page.waitForTimeout(200);
      for (const theme of /** @type {const} */ (["light", "dark"])) {
        await page.emulateMedia({ colorScheme: theme });
        for (const [width, pixels] of Object.entries(WIDTHS)) {
          await page.setViewportSize({ width: pixels, height: 900 });
          await page.waitForTimeout(100);
          assert.deepEqual(await violations(page), [], `${theme}, ${width}`);
          const wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
          assert.ok(Number(wide) <= 0, `nothing sticks out at ${pixels}`);
          await picture(page, `${name}-${width}-${theme}`);
        }
      }
      // The question whether somebody is signed in is answered with a 401 to strangers, which the console calls an error;
      // so is the refusal of a wrong password or form.
      const real = found.filter((text) => !/status of 40[01]|status of 404/.test(text));
      assert.deepEqual(real, []);
      await context.close();
    });
  }

  for (const { name, path, member } of PAGES.filter(({ prepare }) => !prepare)) {
    it(`${name}: nothing moves while it loads, on a slow connection too`, async () => {
      const context = member ? (await site.member()).context : await site.visitor();
      await context.addInitScript(SHIFTS);
      await context.route("**/*", async (route) => {
        await new Promise((resolve) => setTimeout(resolve, 60));
        await route.continue();
      });
      const page = await context.newPage();
      await page.goto(path);
      await page.locator("h1").waitFor();
      await page.waitForTimeout(600);
      const shift = Number(await page.evaluate("window.shifted"));
      assert.ok(shift < 0.02, `layout shift ${shift}`);
      await context.close();
    });
  }

  it("has one heading of the first level, a title of its own, and the focus on it when one comes from another page", async () => {
    const context = await site.visitor();
    const page = await context.newPage();
    await page.goto("/sign-in");
    await page.getByRole("link", { name: "Register" }).click();
    await page.getByRole("heading", { name: "Create an account" }).waitFor();
    assert.equal(await page.title(), "Create an account · Edgekeep");
    assert.equal(await page.locator("h1").count(), 1);
    assert.equal(await page.evaluate("document.activeElement.tagName"), "H1");
    await context.close();
  });

  it("works by keyboard alone: register, check a text, sign out", async () => {
    const context = await site.visitor();
    const page = await context.newPage();
    await page.goto("/");
    await page.locator("h1").waitFor();
    const press = (/** @type {string} */ keys) => page.keyboard.press(keys);
    /** Tabs until the element with this name has the focus, and makes sure that one sees it. */
    const reach = async (/** @type {string} */ name) => {
      for (let step = 0; step < 30; step += 1) {
        await press("Tab");
        const here = String(await page.evaluate(FOCUSED));
        if (!here.startsWith(`${name}|`)) continue;
        assert.match(here, /\|visible$/, `one sees that ${name} has the focus`);
        return;
      }
      assert.fail(`Tab never came to ${name}`);
    };
    /** Where a step within the app leads to: the focus is on the heading before the next key. */
    const arrive = (/** @type {string} */ heading) =>
      until(page, `document.activeElement.tagName === "H1" && document.activeElement.textContent === ${JSON.stringify(heading)}`);
    await press("Tab");
    assert.equal(await page.evaluate("document.activeElement.textContent.trim()"), "Skip to the content");
    await press("Enter");
    await reach("Create an account");
    await press("Enter");
    await arrive("Create an account");
    await reach("Name (optional)");
    await page.keyboard.type("Keyboard");
    await reach("E-mail");
    await page.keyboard.type("keys@example.com");
    await reach("Password");
    await page.keyboard.type(PASSWORD);
    await reach("Show password");
    await press("Space");
    assert.equal(await page.getByLabel("Password", { exact: true }).getAttribute("type"), "text");
    await press("Shift+Tab");
    await press("Enter");
    await arrive("Check a text");
    await reach("Text");
    await page.keyboard.insertText(MACHINE);
    await press("Control+Enter");
    await page.locator(".verdict h2").waitFor();
    await until(page, "document.activeElement.id === 'report'");
    await reach("The same as a table");
    await press("Enter");
    await page.locator(".table-frame").waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Check a text" }).waitFor();
    await reach("Account");
    await press("Enter");
    await page.getByText("This device").waitFor();
    await page.reload();
    await page.getByText("This device").waitFor();
    await reach("Sign out");
    await press("Enter");
    await page.getByText("You are signed out").waitFor();
    await until(page, `document.activeElement.tagName === "H1"`);

    // And the end of the account, with the focus where it belongs at every step.
    await reach("E-mail");
    await page.keyboard.type("keys@example.com");
    await reach("Password");
    await page.keyboard.type(PASSWORD);
    await press("Enter");
    await arrive("Check a text");
    await page.goto("/account");
    await page.getByText("This device").waitFor();
    await reach("Delete the account");
    await press("Enter");
    await until(page, `document.activeElement.labels?.[0]?.textContent === "Your password"`);
    await press("Escape");
    await page.getByRole("alertdialog").waitFor({ state: "detached" });
    await until(page, `document.activeElement.textContent === "Delete the account"`);
    await press("Enter");
    await until(page, `document.activeElement.labels?.[0]?.textContent === "Your password"`);
    await page.keyboard.type("not the password at all");
    await press("Enter");
    await page.getByText("This is not the password of the account.").waitFor();
    await until(page, `document.activeElement.labels?.[0]?.textContent === "Your password"`);
    await press("Control+a");
    await page.keyboard.type(PASSWORD);
    await reach("Delete for good");
    await press("Enter");
    await page.getByText("Your account is deleted").waitFor();
    await until(page, `document.activeElement.tagName === "H1"`);
    await context.close();
  });

  it("helps a password manager and never blocks a paste", async () => {
    const context = await site.visitor({ permissions: ["clipboard-read", "clipboard-write"] });
    const page = await context.newPage();
    for (const [path, password] of [["/sign-in", "current-password"], ["/register", "new-password"]]) {
      await page.goto(String(path));
      assert.equal(await page.getByLabel("E-mail").getAttribute("autocomplete"), "username");
      const field = page.getByLabel("Password", { exact: true });
      assert.equal(await field.getAttribute("autocomplete"), password);
      await page.evaluate("navigator.clipboard.writeText('pasted secret')");
      await field.focus();
      await page.keyboard.press("Control+v");
      assert.equal(await field.inputValue(), "pasted secret");
    }
    await context.close();
  });

  it("carries the security headers, on files too", async () => {
    const html = await (await fetch(site.url)).text();
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1];
    assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)[^>]*>|<style|\son\w+=|style="/, "nothing inline");
    for (const path of ["/", "/account", "/no/such/page", String(script), "/theme.js"]) {
      const { headers } = await fetch(site.url + path);
      const policy = headers.get("content-security-policy") ?? "";
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/, path);
      assert.match(policy, /frame-ancestors 'none'.*require-trusted-types-for 'script'/, path);
      assert.doesNotMatch(policy, /unsafe|\*|data:|blob:/, path);
      assert.equal(headers.get("x-content-type-options"), "nosniff", path);
      assert.match(headers.get("strict-transport-security") ?? "", /max-age=63072000/, path);
      assert.equal(headers.get("referrer-policy"), "no-referrer", path);
      assert.equal(headers.get("x-frame-options"), "DENY", path);
    }
  });

  it("is cached as long as is safe: scripts are asked for anew, fonts are kept", async () => {
    const html = await (await fetch(site.url)).text();
    const style = await (await fetch(site.url + /href="(\/assets\/[^"]+\.css)"/.exec(html)?.[1])).text();
    const font = /url\((\/assets\/[^)]+\.woff2)\)/.exec(style)?.[1];
    const kept = async (/** @type {string | undefined} */ path) => (await fetch(site.url + path)).headers.get("cache-control");
    assert.match(String(await kept(font)), /immutable/);
    assert.doesNotMatch(String(await kept("/assets/gone-12345678.js")), /immutable/);
    assert.doesNotMatch(String(await kept("/")), /immutable/);
  });

  it("leads /.well-known/change-password to where the password is changed", async () => {
    const answer = await fetch(`${site.url}/.well-known/change-password`, { redirect: "manual" });
    assert.equal(answer.status, 302);
    assert.equal(answer.headers.get("location"), "/account#password");
  });

  it("leaves the interface to the Worker, typed into a browser too", async () => {
    const page = await (await site.visitor()).newPage();
    for (const [path, status] of /** @type {const} */ ([["/healthz", 200], ["/readyz", 200], ["/api/v1/auth/me", 401], ["/api/none", 404], ["/__debug/none", 404]])) {
      const answer = await page.goto(path);
      assert.equal(answer?.status(), status, path);
      assert.match(answer?.headers()["content-type"] ?? "", /json/, path);
    }
  });

  it("keeps the theme that was chosen, from the first paint on", async () => {
    const context = await site.visitor({ colorScheme: "light" });
    const page = await context.newPage();
    await page.goto("/");
    const ground = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const light = await ground();
    await page.getByRole("radio", { name: "Dark" }).check();
    const dark = await ground();
    assert.notEqual(dark, light);
    await context.route("**/assets/*.js", (route) => route.abort());
    await page.reload();
    assert.equal(await ground(), dark, "without the app's own scripts");
    await context.close();
  });
});

/** @param {Page} page */
async function violations(page) {
  await page.evaluate(AXE);
  const found = /** @type {any} */ (
    await page.evaluate(`axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })`)
  );
  return found.violations.map((/** @type {any} */ { id, nodes }) => `${id}: ${nodes.map((/** @type {any} */ node) => node.html.slice(0, 120)).join(" / ")}`);
}

/** @param {import("./browser.mjs").Site} site */
async function withTwoDevices(site) {
  const { context, page, email } = await site.member();
  await site.worker.post("/api/v1/auth/login", { email, password: PASSWORD }, { headers: { "user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1" } });
  await useMuch(site, email);
  await page.close();
  return context;
}

/** @param {Page} page */
async function accountShown(page) {
  await page.getByText("This device").waitFor();
  await page.getByRole("img", { name: /^Checks per day: 30 days/ }).waitFor();
}

/** @param {Page} page */
async function wrongSignIn(page) {
  await page.getByLabel("E-mail").fill("nobody@example.com");
  await page.getByLabel("Password", { exact: true }).fill("not a password of anybody");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("E-mail and password do not match").waitFor();
}

/** @param {Page} page */
async function wrongRegistration(page) {
  await page.getByLabel("E-mail").fill("nobody");
  await page.getByRole("button", { name: "Create the account" }).click();
  await page.getByText("Enter one e-mail address").waitFor();
}

/**
 * Three months of which not every day was good, nor every one recorded, and a part that does not answer.
 * @param {import("./browser.mjs").Site} site
 */
async function someHistory(site) {
  const now = Math.floor(Date.now() / 3_600_000) * 3_600_000;
  const database = await site.worker.d1;
  // Every hour of the last 80 days, with a few failures here and there.
  await database
    .prepare(
      `INSERT OR REPLACE INTO probe_hours (hour, part, ok, failed, first_failure, last_failure, last_probe, last_ok)
       SELECT hour, part, 12 - failed, failed, iif(failed > 0, hour, NULL), iif(failed > 0, hour + 300000 * (failed - 1), NULL), hour, 1
       FROM (SELECT ?1 - h.value * 3600000 AS hour, p.value AS part,
               CASE WHEN p.key = 2 AND h.value BETWEEN 700 AND 705 THEN 12 WHEN p.key = 1 AND h.value = 80 THEN 4
                    WHEN p.key = 2 AND h.value IN (310, 1200) THEN 3 ELSE 0 END AS failed
             FROM (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 1920) SELECT value FROM n) AS h,
                  json_each('["database", "limiter", "objects"]') AS p)`,
    )
    .bind(now)
    .run();
  await site.worker.scheduled("*/5 * * * *");
  await database.prepare("UPDATE probe_hours SET failed = 1, first_failure = last_probe, last_failure = last_probe, last_ok = 0 WHERE hour = ?1 AND part = 'objects'").bind(now).run();
  // An isolate keeps its answer for half a minute.
  await site.worker.restart(site.settings);
}

/** @param {Page} page */
async function openDeletion(page) {
  await page.getByRole("button", { name: "Delete the account" }).click();
  await page.getByLabel("Your password", { exact: true }).fill("not the password at all");
  await page.getByRole("button", { name: "Delete for good" }).click();
  await page.getByText("This is not the password of the account.").waitFor();
}

/** @param {Page} page */
async function withOpinion(page) {
  await page.getByRole("checkbox", { name: "Also ask Groq" }).check();
  await check(page, MACHINE);
  await page.getByRole("region", { name: "Groq puts it at" }).waitFor();
}

/** Some weeks of checks. @param {import("./browser.mjs").Site} site @param {string} email */
async function useMuch(site, email) {
  const database = await site.worker.d1;
  const today = Math.floor(Date.now() / 86_400_000);
  const insert = database.prepare("INSERT INTO usage (day, user_id, detections) SELECT ?1, id, ?2 FROM users WHERE email = ?3");
  await database.batch([1, 2, 3, 5, 8, 9, 12, 17, 20, 26].map((ago) => insert.bind(today - ago, 1 + ((ago * 7) % 9), email)));
}

/** @param {Page} page */
async function openDialog(page) {
  await page.getByRole("button", { name: "Sign out all others" }).click();
  await page.getByRole("alertdialog").waitFor();
}

// Adds up what moves without anybody having asked for it.
const SHIFTS = `window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });`;

// Name of the element in focus, and whether a ring is drawn around it.
const FOCUSED = `(() => {
  const element = document.activeElement;
  const name = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent;
  const style = getComputedStyle(element);
  const inside = element.matches("input[type=radio]");
  return name.trim() + "|" + (inside || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2) ? "visible" : "hidden");
})()`;
