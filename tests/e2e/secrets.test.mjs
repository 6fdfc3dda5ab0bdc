// The search that every test in a browser ends with: that it knows what passed through one, and would find it.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { MACHINE, PASSWORD, check, startSite } from "./browser.mjs";

describe("what people send", () => {
  /** @type {import("./browser.mjs").Site} */
  let site;
  before(async () => void (site = await startSite()));
  after(() => site.stop());

  it("is known to the search: passwords, e-mails, names, texts, tokens and cookies", async () => {
    const { context, page, email } = await site.member();
    await check(page, MACHINE);
    await page.reload();
    await page.getByRole("heading", { name: "Check a text" }).waitFor();
    const [cookie] = await context.cookies();
    await context.close();
    const secrets = await site.secrets.all();
    for (const secret of [PASSWORD, email, "Ada Lovelace", MACHINE.slice(0, 32), String(cookie?.value)]) assert.ok(secrets.includes(secret), secret);
    assert.ok(secrets.some((secret) => secret.startsWith("eyJ")), "an access token");
    for (const secret of [PASSWORD, email, MACHINE.slice(0, 32), String(cookie?.value)]) {
      await assert.rejects(site.secrets.assertAbsentFrom(["a line", `{"body":"said ${secret} aloud"}`]), /stands in a log/);
    }
  });

  it("is in no report of a fault either, of which there were some", async () => {
    const { context, page } = await site.member();
    for (const path of ["/__debug/error", "/__debug/panic"]) await page.request.get(path);
    assert.ok((await site.sentry.until("event", 2)).length >= 2);
    await context.close();
  });
});
