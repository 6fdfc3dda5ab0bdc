// Packages of Debian and Ubuntu, where that can be done without asking anybody.

import { ask, work } from "../process.mjs";

/** Installs packages by apt-get; false where there is none, or no right to. @param {string} log @param {string[]} packages */
export async function aptInstall(log, packages) {
  const root = process.getuid?.() === 0;
  if (process.platform !== "linux" || !ask("apt-get", ["--version"]).ok || !(root || ask("sudo", ["-n", "true"]).ok)) return false;
  const apt = (/** @type {string[]} */ ...args) => {
    const [program = "", ...rest] = [...(root ? [] : ["sudo", "-n"]), "apt-get", "-o", "DPkg::Lock::Timeout=300", ...args];
    return work(`apt-get ${args.join(" ")}`, "a minute", program, rest, {
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      log: `${log}-${args[0]}`,
      quiet: true,
    });
  };
  return (await apt("update")) && (await apt("install", "-y", "--no-install-recommends", ...packages));
}
