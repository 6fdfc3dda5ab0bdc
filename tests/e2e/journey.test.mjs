// What a person does on the first day, in a browser.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { PROJECT } from "../../scripts/paths.mjs";
import { MACHINE, PASSWORD, PERSON, check, faults, register, signIn, startSite, until } from "./browser.mjs";

describe("the first day in the web app", () => {
  /** @type {import("./browser.mjs").Site} */
  let site;
  before(async () => void (site = await startSite()));
  after(() => site.stop());

  it("says what is wrong with a registration, at the field that is wrong", async () => {
    const page = await (await site.visitor()).newPage();
    await page.goto("/register");
    await page.getByRole("button", { name: "Create the account" }).click();
    const email = page.getByLabel("E-mail");
    assert.equal(await email.getAttribute("aria-invalid"), "true");
    assert.ok(await email.evaluate((field) => field === field.ownerDocument.activeElement), "the first wrong field has the focus");
    await page.getByText("Enter your e-mail address.").waitFor();
    await email.fill("grace@example.com");
    const password = page.getByLabel("Password", { exact: true });
    await password.fill("short");
    await page.getByRole("button", { name: "Create the account" }).click();
    const error = page.getByText("Use at least 12 characters", { exact: false });
    await error.waitFor();
    const described = await page.evaluate(
      `document.activeElement.getAttribute("aria-describedby").split(" ").map((id) => document.getElementById(id).textContent).join(" ")`,
    );
    assert.match(String(described), /Use at least 12 characters/);
    assert.ok(await password.evaluate((field) => field === field.ownerDocument.activeElement));
  });

  it("registers, signs out and signs in again", async () => {
    const context = await site.visitor();
    const page = await context.newPage();
    await register(page, "ada@example.com");
    assert.equal(new URL(page.url()).pathname, "/detect");
    const [cookie] = await context.cookies();
    assert.deepEqual([cookie?.httpOnly, cookie?.secure, cookie?.sameSite], [true, true, "Strict"]);
    const kept = await page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])");
    assert.doesNotMatch(String(kept), /eyJ|ekr_|example\.com/, "no token and no name where scripts can find it later");

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are signed out").waitFor();
    await signIn(page, "ada@example.com", "not the password at all");
    await page.getByText("E-mail and password do not match").waitFor();
    await signIn(page, "ada@example.com");
    await page.getByRole("heading", { name: "Check a text" }).waitFor();
    await context.close();
  });

  it("says that an e-mail is taken", async () => {
    const { context, email } = await site.member();
    const page = await (await site.visitor()).newPage();
    await page.goto("/register");
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Create the account" }).click();
    await page.getByText("This e-mail has an account already").waitFor();
    await context.close();
  });

  it("judges texts until the limit, shows the wait, and has room again after it", async () => {
    const { context, page } = await site.member();
    await page.getByText("10 of 10 checks left").waitFor();
    await page.getByLabel("Text", { exact: true }).fill("Only a few words.");
    assert.match(String(await page.locator(".sheet-foot").textContent()), /^4 words · 50 are needed for a verdict/);
    assert.equal(await check(page, "Only a few words."), "Too short to tell");
    assert.equal(await check(page, MACHINE), "Probably written by a machine");
    const shaded = page.locator(".read .s");
    assert.ok((await shaded.count()) >= 4);
    assert.equal((await page.locator(".read").textContent())?.trim(), MACHINE.trim());
    await page.getByText("The same as a table").click();
    await page.locator(".table-frame").waitFor();
    assert.equal(await page.locator(".table-frame tbody tr").count(), await shaded.count());
    assert.notEqual(await check(page, PERSON), "Probably written by a machine");
    await page.getByText("7 of 10").waitFor();
    for (let count = 4; count <= 10; count += 1) await check(page, `${PERSON} That was ${count}.`);
    // The tenth was the last, and the button says so before anybody presses it.
    await page.getByText("Your checks are used up for now").waitFor();
    assert.ok(await page.getByRole("button", { name: "Check the text" }).isDisabled());
    assert.match(String(await page.locator(".countdown").textContent()), /^(59 min \d+ s|1 h 0 min)$/);

    // Another tab asks what is left, and is told before anybody presses anything.
    const other = await context.newPage();
    await other.clock.install();
    await other.goto("/detect");
    await other.getByText("Your checks are used up for now").waitFor();
    // One that could not ask is told by the check itself.
    const third = await context.newPage();
    await third.route("**/api/v1/usage", (route) => route.abort());
    await third.goto("/detect");
    await third.getByLabel("Text", { exact: true }).fill(PERSON);
    await third.getByRole("button", { name: "Check the text" }).click();
    await third.getByText("Your checks are used up for now").waitFor();
    await other.clock.fastForward("01:00:01");
    await other.getByText("Your checks are used up for now").waitFor({ state: "detached" });
    assert.ok(await other.getByRole("button", { name: "Check the text" }).isEnabled());
    await context.close();
  });

  it("warns of a disguised text", async () => {
    const { context, page } = await site.member();
    await check(page, MACHINE.replaceAll("e", "\u0435"));
    await page.getByText("The text is disguised").waitFor();
    assert.match(String(await page.locator(".notice-warn").textContent()), /letters of other scripts that look Latin/);
    await context.close();
  });

  it("reads a file that is dropped, and one that is chosen", async () => {
    const { context, page } = await site.member();
    const drop = async (/** @type {string} */ name, /** @type {string} */ content) => {
      const data = await page.evaluateHandle(
        `(() => { const data = new DataTransfer(); data.items.add(new File([${JSON.stringify(content)}], ${JSON.stringify(name)})); return data; })()`,
      );
      await page.dispatchEvent(".sheet", "dragover", { dataTransfer: data });
      await page.getByText("Drop the file here").waitFor();
      await page.dispatchEvent(".sheet", "drop", { dataTransfer: data });
    };
    await drop("story.md", PERSON);
    await until(page, `document.querySelector("textarea").value === ${JSON.stringify(PERSON)}`);
    await drop("tune.mp3", "not words");
    await page.getByText("is of a kind that can't be read").waitFor();

    await page.setInputFiles("[data-testid=file]", join(PROJECT, "tests", "samples", "word.docx"));
    await page.getByText("word.docx").waitFor();
    await page.getByRole("button", { name: "Check the text" }).click();
    await page.locator(".verdict h2").waitFor();
    assert.match(String(await page.locator(".overline").textContent()), /^word\.docx · /);
    await page.setInputFiles("[data-testid=file]", join(PROJECT, "tests", "samples", "encrypted.pdf"));
    await page.getByRole("button", { name: "Check the text" }).click();
    await page.locator(".sheet .field-error:not(:empty)").waitFor();
    await context.close();
  });

  it("gives the report as a file and on paper", async () => {
    const { context, page } = await site.member();
    await check(page, MACHINE);
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download the report" }).click()]);
    const report = JSON.parse(readFileSync(await download.path(), "utf8"));
    assert.equal(report.verdict, "ai");
    assert.equal(report.text, MACHINE);
    assert.ok(report.sentences.length > 3 && report.signals.length > 0 && report.checked_at);

    await page.emulateMedia({ media: "print" });
    for (const hidden of [".bar", ".foot", ".editor", ".report-actions"]) assert.ok(await page.locator(hidden).isHidden(), hidden);
    for (const shown of [".verdict", ".read", ".legend", ".caution"]) assert.ok(await page.locator(shown).isVisible(), shown);
    await page.pdf({ path: join(PROJECT, "test-results", "report.pdf"), format: "A4", printBackground: false });
    await context.close();
  });

  it("keeps the session over a reload, and logs no error on the way", async () => {
    const { context, page, email } = await site.member();
    const found = faults(context);
    await page.goto("/account");
    await page.reload();
    await page.getByText(email).waitFor();
    await page.getByText("This device").waitFor();
    assert.deepEqual(found, []);
    await context.close();
  });
});
