// The status page on the real route: what the scheduled probes have found, and nothing else.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startSite } from "./browser.mjs";

const PROBES = "*/5 * * * *";
const DAY = 86_400_000;

describe("the status page", () => {
  /** @type {import("./browser.mjs").Site} */
  let site;
  before(async () => void (site = await startSite()));
  after(() => site.stop());

  const probe = async () => {
    await site.worker.scheduled(PROBES);
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  /** A page that shows how it is now: an isolate keeps its answer for half a minute. */
  const open = async () => {
    await site.worker.restart(site.settings);
    const page = await (await site.visitor()).newPage();
    await page.goto("/status");
    await page.locator(".parts").waitFor();
    return page;
  };
  const rename = async (/** @type {string} */ from, /** @type {string} */ to) => (await site.worker.d1).prepare(`ALTER TABLE ${from} RENAME TO ${to}`).run();

  it("says that nothing is recorded before the first probe", async () => {
    // Somebody who is signed in, so that there is something to keep out of the log.
    await (await site.member()).context.close();
    const page = await open();
    await page.getByText("Not known just now").waitFor();
    await page.getByText("Nothing is recorded yet").waitFor();
    assert.equal(await page.locator(".bars").count(), 0, "no bars of days that nobody knows of");
  });

  it("shows days that were recorded, and those that were not as unknown", async () => {
    const today = Math.floor(Date.now() / DAY) * DAY;
    const database = await site.worker.d1;
    const insert = database.prepare(
      "INSERT INTO probe_hours (hour, part, ok, failed, first_failure, last_failure, last_probe, last_ok) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?1, 1)",
    );
    await database.batch([
      insert.bind(today - 3 * DAY, "database", 12, 0, null),
      insert.bind(today - 2 * DAY, "database", 9, 3, today - 2 * DAY),
    ]);
    await probe();
    const page = await open();
    await page.getByText("Everything works").waitFor();
    await page.getByRole("img", { name: "Accounts: 90 days, 3 of them recorded, 1 below 99.9 %" }).waitFor();
    await page.getByRole("img", { name: "Checks: 90 days, 1 of them recorded, 0 below 99.9 %" }).waitFor();
    assert.equal(await page.locator(".bars").first().locator("rect").count(), 90);
    await page.getByText("1 day below 99.9 %").click();
    const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" }).format(today - 2 * DAY);
    await page.locator(".bad-days").getByText(`${day}: 75 %`, { exact: true }).waitFor();
    await page.getByText("Accounts did not answer for 5 min").waitFor();
  });

  it("says what is down while it is, and since when", async () => {
    await rename("installation", "elsewhere");
    await probe();
    const page = await open();
    await page.getByText("Not working: Accounts").waitFor();
    await page.getByText("does not answer", { exact: true }).waitFor();
    await page.getByText("and still does not").waitFor();
    await rename("elsewhere", "installation");
    await probe();
    const again = await open();
    await again.getByText("Everything works").waitFor();
    assert.equal(await again.getByText("and still does not").count(), 0);
  });
});
