// One session in several tabs and on several devices, and its end in the midst of work.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { MACHINE, PASSWORD, PERSON, check, register, signIn, startSite } from "./browser.mjs";

describe("sessions in the web app", () => {
  /** @type {import("./browser.mjs").Site} */
  let site;
  before(async () => void (site = await startSite()));
  after(() => site.stop());

  /** Refreshes that a context makes from now on, and how many of them run at the same time at most. */
  function refreshes(/** @type {import("./browser.mjs").Context} */ context) {
    const seen = { count: 0, atOnce: 0 };
    /** @type {Set<import("playwright-core").Request>} */
    const running = new Set();
    context.on("request", (request) => {
      if (!request.url().endsWith("/auth/refresh")) return;
      running.add(request);
      seen.count += 1;
      seen.atOnce = Math.max(seen.atOnce, running.size);
    });
    for (const over of /** @type {const} */ (["requestfinished", "requestfailed"])) {
      context.on(/** @type {"requestfinished"} */ (over), (request) => void running.delete(request));
    }
    return seen;
  }

  it("five tabs that load at once make one refresh at a time, and all are signed in", async () => {
    const { context, page, email } = await site.member();
    const seen = refreshes(context);
    const tabs = [page, ...(await Promise.all(Array.from({ length: 4 }, () => context.newPage())))];
    await Promise.all(tabs.map((tab) => tab.goto("/account")));
    await Promise.all(tabs.map((tab) => tab.getByText(email).waitFor()));
    assert.ok(seen.count >= 1 && seen.count <= 5, `${seen.count}`);
    assert.equal(seen.atOnce, 1);
    await context.close();
  });

  it("signing out in one tab ends it in the other at once", async () => {
    const { context, page, email } = await site.member();
    const other = await context.newPage();
    await other.goto("/account");
    await other.getByText("This device").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are signed out").waitFor();
    await other.getByText("You are signed out").waitFor();
    assert.equal(new URL(other.url()).pathname, "/sign-in");
    await signInAgain(other);
    await page.getByRole("heading", { name: "Check a text" }).waitFor();
    await context.close();

    async function signInAgain(/** @type {import("./browser.mjs").Page} */ tab) {
      await signIn(tab, email);
      await tab.getByRole("heading", { name: "Check a text" }).waitFor();
    }
  });

  it("signing out on another device shows here at the next step, and the text is still there after signing in", async () => {
    const { context, page, email } = await site.member();
    const elsewhere = await (await site.visitor({ userAgent: PHONE })).newPage();
    await elsewhere.goto("/sign-in");
    await signIn(elsewhere, email);
    await elsewhere.getByRole("heading", { name: "Check a text" }).waitFor();
    await elsewhere.getByRole("link", { name: "Account" }).click();
    await elsewhere.getByText("Chrome on Linux").waitFor();

    await page.getByLabel("Text", { exact: true }).fill(PERSON);
    await elsewhere.getByRole("button", { name: "Sign out all others" }).click();
    await elsewhere.getByRole("alertdialog").getByRole("button", { name: "Sign out" }).click();
    await elsewhere.getByText("One other device is signed out.").waitFor();
    await elsewhere.getByText("You are signed in nowhere else.").waitFor();

    await page.getByRole("button", { name: "Check the text" }).click();
    await page.getByText("Your session has ended").waitFor();
    assert.equal(new URL(page.url()).search, "?next=%2Fdetect");
    await signIn(page, email);
    await page.getByRole("heading", { name: "Check a text" }).waitFor();
    assert.equal(await page.getByLabel("Text", { exact: true }).inputValue(), PERSON);
    await context.close();
  });

  it("the text of one person is not there for the next", async () => {
    const first = await site.member();
    const second = await site.member();
    await second.context.close();
    const { page, context } = first;
    await page.getByLabel("Text", { exact: true }).fill(PERSON);
    await site.worker.restart({ ...site.settings, JWT_SECRET: OTHER_SECRET });
    await context.clearCookies();
    await page.getByRole("button", { name: "Check the text" }).click();
    await page.getByText("Your session has ended").waitFor();
    await signIn(page, second.email);
    await page.getByRole("heading", { name: "Check a text" }).waitFor();
    assert.equal(await page.getByLabel("Text", { exact: true }).inputValue(), "");
    await site.worker.restart(site.settings);
    await context.close();
  });

  it("one device of the list can be signed out", async () => {
    const { context, page, email } = await site.member();
    const elsewhere = await (await site.visitor({ userAgent: PHONE })).newPage();
    await elsewhere.goto("/sign-in");
    await signIn(elsewhere, email);
    await elsewhere.getByRole("heading", { name: "Check a text" }).waitFor();
    await page.getByRole("link", { name: "Account" }).click();
    const device = page.getByRole("listitem").filter({ hasText: "Safari on iPhone" });
    await device.getByText("Last used just now").waitFor();
    await device.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("Safari on iPhone is signed out.").waitFor();
    await elsewhere.getByRole("link", { name: "Account" }).click();
    await elsewhere.getByRole("heading", { name: "Sign in" }).waitFor();
    await context.close();
  });

  it("the name is changed, in every tab", async () => {
    const { context, page } = await site.member();
    const other = await context.newPage();
    await other.goto("/account");
    await other.getByText("Ada Lovelace").waitFor();
    await page.getByRole("link", { name: "Account" }).click();
    await page.getByRole("button", { name: "Change the name" }).click();
    const name = page.getByLabel("Name");
    assert.ok(await name.evaluate((field) => field === field.ownerDocument.activeElement));
    await name.fill("a\u202eb");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("A name can't contain").waitFor();
    await name.fill("Countess");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Your name is changed.").waitFor();
    await other.getByText("Countess").waitFor();
    await context.close();
  });

  it("the password is changed where a password manager leads to, which ends the other sessions", async () => {
    const { context, page, email } = await site.member();
    const elsewhere = await (await site.visitor()).newPage();
    await elsewhere.goto("/.well-known/change-password");
    await elsewhere.getByRole("heading", { name: "Sign in" }).waitFor();
    await signIn(elsewhere, email);
    const current = elsewhere.getByLabel("Current password", { exact: true });
    await current.waitFor();
    assert.equal(new URL(elsewhere.url()).hash, "#password");
    await current.fill("not the password at all");
    await elsewhere.getByLabel("New password", { exact: true }).fill(NEW);
    await elsewhere.getByRole("button", { name: "Change the password" }).click();
    await elsewhere.getByText("This is not your current password.").waitFor();
    await current.fill(PASSWORD);
    await elsewhere.getByLabel("New password", { exact: true }).fill("short");
    await elsewhere.getByRole("button", { name: "Change the password" }).click();
    await elsewhere.getByText("Use at least 12 characters").waitFor();
    await elsewhere.getByLabel("New password", { exact: true }).fill(NEW);
    await elsewhere.getByRole("button", { name: "Change the password" }).click();
    await elsewhere.getByText("All other devices are signed out.").waitFor();
    assert.equal(await current.inputValue(), "");

    await page.getByRole("link", { name: "Account" }).click();
    await page.getByText("Your session has ended").waitFor();
    await signIn(page, email);
    await page.getByText("E-mail and password do not match").waitFor();
    await signIn(page, email, NEW);
    await page.getByText("This device").waitFor();
    await context.close();
  });

  it("the account is deleted with the password alone, in every tab and on every device", async () => {
    const { context, page, email } = await site.member();
    await page.getByLabel("Text", { exact: true }).fill(PERSON);
    const other = await context.newPage();
    await other.goto("/account");
    const elsewhere = await (await site.visitor({ userAgent: PHONE })).newPage();
    await elsewhere.goto("/sign-in");
    await signIn(elsewhere, email);
    await elsewhere.getByRole("heading", { name: "Check a text" }).waitFor();

    await other.getByRole("button", { name: "Delete the account" }).click();
    const dialog = other.getByRole("alertdialog", { name: "Delete the account?" });
    await dialog.getByText("You are signed out here and on every other device.").waitFor();
    await dialog.getByRole("button", { name: "Delete for good" }).click();
    await dialog.getByText("Enter your password to confirm.").waitFor();
    await dialog.getByLabel("Your password", { exact: true }).fill(NEW);
    await dialog.getByRole("button", { name: "Delete for good" }).click();
    await dialog.getByText("This is not the password of the account.").waitFor();
    await dialog.getByRole("button", { name: "Keep the account" }).click();
    await other.getByText("This device").waitFor();
    await other.getByRole("button", { name: "Delete the account" }).click();
    assert.equal(await dialog.getByLabel("Your password", { exact: true }).inputValue(), "", "nothing typed stays behind");
    await dialog.getByLabel("Your password", { exact: true }).fill(PASSWORD);
    await dialog.getByRole("button", { name: "Delete for good" }).click();

    await other.getByText("Your account is deleted").waitFor();
    await page.getByText("Your account is deleted").waitFor();
    assert.deepEqual(await context.cookies(), [], "the cookie is gone too");
    assert.equal(new URL(page.url()).search, "", "nowhere to come back to");
    await elsewhere.getByRole("link", { name: "Account" }).click();
    await elsewhere.getByText("Your session has ended").waitFor();
    await signIn(page, email);
    await page.getByText("E-mail and password do not match").waitFor();
    await register(page, email);
    assert.equal(await page.getByLabel("Text", { exact: true }).inputValue(), "", "no text of the account before");
    await context.close();
  });

  it("a deletion without an answer leaves the dialog, and says so", async () => {
    const { context, page } = await site.member();
    await page.goto("/account");
    await page.getByRole("button", { name: "Delete the account" }).click();
    await context.setOffline(true);
    const dialog = page.getByRole("alertdialog");
    await dialog.getByLabel("Your password", { exact: true }).fill(PASSWORD);
    await dialog.getByRole("button", { name: "Delete for good" }).click();
    await dialog.getByText("You are offline", { exact: true }).waitFor();
    await context.setOffline(false);
    await dialog.getByRole("button", { name: "Delete for good" }).click();
    await page.getByText("Your account is deleted").waitFor();
    await context.close();
  });

  it("a token that is over in the midst of work is replaced without a word", async () => {
    const { context, page } = await site.member();
    const seen = refreshes(context);
    await site.worker.restart({ ...site.settings, JWT_SECRET: OTHER_SECRET });
    assert.equal(await check(page, MACHINE), "Probably written by a machine");
    assert.equal(seen.count, 1);
    await site.worker.restart(site.settings);
    await context.close();
  });
});

const PHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
const NEW = "granite otter lamp 48";
const OTHER_SECRET = "YW5vdGhlciBzZWNyZXQgZm9yIHRlc3RzIG9ubHksIG5v";
