// A Chromium for the tests of the web app: one that is there, or one that is installed now.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";
import { locked } from "../lock.mjs";
import { NODE_MODULES } from "../paths.mjs";
import { Problem, work } from "../process.mjs";
import { aptInstall } from "./apt.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"];
const PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** The path of a browser. `CHROMIUM` names one to take instead of looking. @returns {Promise<string>} */
export async function browser() {
  const named = process.env.CHROMIUM;
  if (named) {
    if (!isProgram(named)) throw new Problem(`CHROMIUM names ${named}, which is no program`);
    return named;
  }
  return present() ?? locked("browser", async () => present() ?? (await installed()));
}

function present() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...PLACES, chromium.executablePath()].find(isProgram);
}

async function installed() {
  console.log("  No Chromium was found (CHROMIUM can name one): the tests of the web app run in one");
  // The fonts: without any, the pictures of the pages show boxes.
  if (await aptInstall("apt-browser", ["chromium", "fonts-liberation"])) {
    const found = present();
    if (found) return found;
  }
  const fetched = await work("Fetching Playwright's Chromium", "a minute", process.execPath, [join(NODE_MODULES, "playwright-core", "cli.js"), "install", "chromium"], {
    log: "playwright-install",
  });
  const found = present();
  if (fetched && found) return found;
  throw new Problem(
    "No browser could be installed for the tests of the web app",
    "Install Chromium or Chrome, or name one: `CHROMIUM=/path/to/chrome npm test`. Debian and Ubuntu: `apt-get install chromium`.",
  );
}

function isProgram(/** @type {string} */ path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
