// What goes wrong around the app, and what people see of it.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { MACHINE, PERSON, check, register, startSite } from "./browser.mjs";

describe("trouble around the web app", () => {
  /** @type {import("./browser.mjs").Site} */
  let site;
  before(async () => void (site = await startSite({ DETECT_LIMIT: "100/hour" })));
  after(() => site.stop());

  it("the server goes down and comes back: nothing is lost, nobody is signed out", async () => {
    const { context, page, email } = await site.member();
    await page.getByLabel("Text", { exact: true }).fill(MACHINE);
    await site.worker.halt();
    await page.getByRole("button", { name: "Check the text" }).click();
    await page.getByText("We can't reach the server").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are still signed in").waitFor();
    assert.equal(await page.getByLabel("Text", { exact: true }).inputValue(), MACHINE);
    await site.worker.restart();
    await page.getByRole("button", { name: "Check the text" }).click();
    await page.locator(".verdict h2").waitFor();
    await page.goto("/account");
    await page.getByText(email).waitFor();
    await context.close();
  });

  it("a page that is loaded while the interface is down heals by itself", async () => {
    const { context, page, email } = await site.member();
    await context.route("**/api/**", (route) => route.abort());
    await page.goto("/account");
    await page.getByRole("heading", { name: "We can't reach the server" }).waitFor();
    await context.unroute("**/api/**");
    await page.getByText(email).waitFor();
    await context.close();
  });

  it("an answer of 503 is told as it is", async () => {
    const { context, page } = await site.member();
    await context.route("**/ai-tools/detect", (route) =>
      route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ code: "unavailable", detail: "The limiter does not answer." }) }),
    );
    await page.getByLabel("Text", { exact: true }).fill(MACHINE);
    await page.getByRole("button", { name: "Check the text" }).click();
    await page.getByText("The service is busy").waitFor();
    await page.getByText("The limiter does not answer.").waitFor();
    await context.close();
  });

  it("offline: says so, keeps the text, and goes on when online", async () => {
    const { context, page } = await site.member();
    await page.getByLabel("Text", { exact: true }).fill(PERSON);
    await context.setOffline(true);
    await page.getByRole("button", { name: "Check the text" }).click();
    await page.getByText("You are offline", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Account" }).click();
    await page.getByText("This page could not be shown").waitFor();
    await context.setOffline(false);
    await page.getByRole("link", { name: "Detect" }).click();
    assert.equal(await page.getByLabel("Text", { exact: true }).inputValue(), PERSON);
    await page.getByRole("button", { name: "Check the text" }).click();
    await page.locator(".verdict h2").waitFor();
    await context.close();
  });

  it("a slow network: says that it is at work, and one press is one check", async () => {
    const { context, page } = await site.member();
    let checks = 0;
    await context.route("**/ai-tools/detect", async (route) => {
      checks += 1;
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await route.continue();
    });
    await page.getByLabel("Text", { exact: true }).fill(MACHINE);
    const button = page.locator(".editor-actions button");
    await button.click();
    await page.getByText("The text is being checked.").waitFor({ state: "attached" });
    assert.equal(await button.getAttribute("aria-disabled"), "true");
    await button.click({ force: true });
    await button.press("Enter");
    await page.locator(".verdict h2").waitFor();
    assert.equal(checks, 1);
    await context.close();
  });

  it("a very long text: the longest is judged and shown, a longer one is refused before it is sent", async () => {
    const { context, page } = await site.member();
    const sentence = "Another morning came, and the ferry was late again because of the ice on the lower lake. ";
    const longest = sentence.repeat(Math.ceil(100_000 / sentence.length)).slice(0, 100_000);
    await check(page, longest);
    assert.ok((await page.locator(".read .s").count()) > 1_000);
    assert.equal(await page.locator(".read").textContent(), longest);
    const wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    assert.ok(Number(wide) <= 0, "nothing sticks out");
    let sent = 0;
    await context.route("**/ai-tools/detect", (route) => ((sent += 1), route.continue()));
    await page.getByLabel("Text", { exact: true }).fill(`${longest}more`);
    await page.getByRole("button", { name: "Check the text" }).click();
    await page.getByText("The text is 4 characters too long.").waitFor();
    assert.equal(sent, 0);
    // One word without an end does not widen the page either.
    await check(page, "endless".repeat(3_000));
    assert.ok(Number(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")) <= 0);
    await context.close();
  });

  it("the text goes to the Worker and nowhere else, and is not kept in the browser", async () => {
    const context = await site.visitor();
    /** @type {Set<string>} */
    const hosts = new Set();
    context.on("request", (request) => void hosts.add(new URL(request.url()).host));
    const page = await context.newPage();
    await register(page, "private@example.com");
    await check(page, PERSON);
    assert.deepEqual([...hosts], [new URL(site.url).host]);
    const kept = await page.evaluate(
      "(async () => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, await indexedDB.databases(), await caches.keys()]))()",
    );
    assert.doesNotMatch(String(kept), /Bolivia|eyJ/);
    assert.match(String(kept), /\[\],\[\]\]$/, "no database and no cache");
    await context.close();
  });

  it("scripts that do not come: the page says so", async () => {
    const context = await site.visitor();
    await context.route("**/assets/*.js", (route) => route.abort());
    const page = await context.newPage();
    await page.goto("/");
    const message = page.getByRole("heading", { name: "This page could not be loaded" });
    assert.ok(await message.isHidden(), "not while they may still come");
    await message.waitFor({ state: "visible", timeout: 15_000 });
    await context.close();
  });

  it("scripts switched off: the page says so at once", async () => {
    const context = await site.visitor({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto("/detect");
    await page.getByRole("heading", { name: "JavaScript is switched off" }).waitFor();
    assert.ok(await page.getByText("could not be loaded").isHidden());
    await context.close();
  });
});
