// A second opinion in the web app: asked for by nobody but the person, and told as what it is.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startProvider } from "../workerd/provider.mjs";
import { MACHINE, PERSON, check, opinions, startSite } from "./browser.mjs";

describe("a second opinion in the web app", () => {
  /** @type {import("./browser.mjs").Site} */
  let site;
  /** @type {Awaited<ReturnType<typeof startProvider>>} */
  let provider;
  before(async () => {
    provider = await startProvider();
    site = await startSite({ DETECT_LIMIT: "100/hour", SECOND_OPINION_DEADLINE_MS: "2000", CIRCUIT_FAILURES: "100", ...opinions(provider) });
  });
  after(async () => {
    await site.stop();
    await provider.stop();
  });

  const box = (/** @type {import("./browser.mjs").Page} */ page) => page.getByRole("checkbox", { name: "Also ask Groq" });

  it("is not asked for unless somebody ticks the box, which says that the text leaves", async () => {
    const { context, page } = await site.member();
    assert.equal(await box(page).isChecked(), false);
    await page.getByText("Your text then leaves this service.").waitFor();
    await check(page, PERSON);
    assert.equal(await page.locator(".opinion").count(), 0);
    assert.equal(provider.seen.length, 0, "the text has stayed here");
    await context.close();
  });

  it("stands beside our verdict, which does not change, and costs what the account page says", async () => {
    const { context, page } = await site.member();
    const ours = await check(page, MACHINE);
    const gauge = await page.locator(".gauge").textContent();
    await box(page).check();
    assert.equal(await check(page, MACHINE), ours);
    assert.equal(await page.locator(".gauge").textContent(), gauge);
    const opinion = page.getByRole("region", { name: "Groq puts it at 25 % likely machine-written" });
    await opinion.getByText("It names a weekday.").waitFor();
    await opinion.getByText("from outside of this service").waitFor();
    const words = String(await opinion.textContent());
    const cost = /It cost (\$0\.\d+) of your budget/.exec(words)?.[1];
    assert.ok(cost, words);
    await page.getByRole("link", { name: "Account" }).click();
    await page.getByText("2 checks in the last 30 days.").waitFor();
    await page.getByText("98 of 100 left").waitFor();
    await page.getByText("Second opinions today").waitFor();
    await page.getByText("Day by day").click();
    await page.getByRole("region", { name: "Usage day by day" }).getByText(String(cost)).waitFor();
    // Chosen for this tab, and kept for nobody else.
    await page.getByRole("link", { name: "Detect" }).click();
    assert.equal(await box(page).isChecked(), true);
    await page.reload();
    assert.equal(await box(page).isChecked(), false);
    await context.close();
  });

  it("of a file too, of which the text is sent and not the file", async () => {
    const { context, page } = await site.member();
    await box(page).check();
    await page.setInputFiles("[data-testid=file]", "tests/samples/word.docx");
    await page.getByText("word.docx").waitFor();
    const asked = provider.seen.length;
    await page.getByRole("button", { name: "Check the text" }).click();
    await page.locator(".opinion h3").waitFor();
    assert.equal(provider.seen.length, asked + 1);
    await context.close();
  });

  it("says so when nobody answers, and the verdict is there all the same", async () => {
    const { context, page } = await site.member();
    provider.always((response) => provider.send(response, 500, "{}"));
    await box(page).check();
    assert.equal(await check(page, MACHINE), "Probably written by a machine");
    await page.getByRole("region", { name: "Nobody else had an answer" }).getByText("may have reached them").waitFor();
    provider.asUsual();
    await context.close();
  });

  it("says when there is room again once the budget is used up", async () => {
    const { context, page } = await site.member();
    await site.worker.restart({ ...site.settings, AI_BUDGET_PER_ACCOUNT: "0.0015/day" });
    // Billed in full: the next one does not fit.
    provider.always((response, call) => provider.send(response, 200, JSON.stringify(provider.completion(call, { probability: 0.5, reasons: [] }, provider.compute(call, 1)))));
    await box(page).check();
    const spent = page.getByRole("region", { name: "The budget for second opinions is used up" });
    for (let count = 0; count < 20 && (await spent.count()) === 0; count += 1) await check(page, MACHINE);
    await spent.getByText(/There is room for a text like this again from \d+ \w+ \d{4}|from \d+ \w+,? 00:00/).waitFor();
    await spent.getByText("Your text has stayed here.").waitFor();
    provider.asUsual();
    await site.worker.restart(site.settings);
    await context.close();
  });

  it("is not offered where nobody would be asked, and says that the text stays", async () => {
    const { context, page } = await site.member();
    await site.worker.restart({ ...site.settings, SECOND_OPINION: "off" });
    await page.reload();
    await page.getByText("goes nowhere else").waitFor();
    assert.equal(await box(page).count(), 0);
    await page.getByRole("link", { name: "Account" }).click();
    await page.getByText("No checks in the last 30 days.").waitFor();
    assert.equal(await page.getByText("Second opinions").count(), 0);
    await site.worker.restart(site.settings);
    await context.close();
  });
});
