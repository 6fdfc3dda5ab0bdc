// The trainer, which is a native program of the workspace.

import { locked } from "./lock.mjs";
import { show } from "./process.mjs";
import { nativeRust } from "./setup/rust.mjs";

/** Builds it where it has changed, and runs one of its commands. @param {string} command @param {string[]} args */
export async function trainer(command, args) {
  const env = await locked("setup", nativeRust);
  return show("cargo", ["run", "--release", "--locked", "--package", "trainer", "--", command, ...args], { env });
}
