// Options of a command: `--name value`, `--name=value` and `--flag`; everything else is a word.

import { Problem } from "./process.mjs";

/**
 * @param {string[]} args @param {{ values?: string[], flags?: string[] }} known
 * @returns {{ words: string[], values: Record<string, string | undefined>, flags: Record<string, boolean> }}
 */
export function options(args, { values = [], flags = [] }) {
  const found = { words: /** @type {string[]} */ ([]), values: /** @type {Record<string, string>} */ ({}), flags: /** @type {Record<string, boolean>} */ ({}) };
  for (let at = 0; at < args.length; at += 1) {
    const [name = "", ...rest] = (args[at] ?? "").split("=");
    if (!name.startsWith("--")) found.words.push(args[at] ?? "");
    else if (flags.includes(name.slice(2)) && rest.length === 0) found.flags[name.slice(2)] = true;
    else if (values.includes(name.slice(2))) {
      const value = rest.length > 0 ? rest.join("=") : args[(at += 1)];
      if (!value) throw new Problem(`${name} needs a value`, "`--help` says which.");
      found.values[name.slice(2)] = value;
    } else throw new Problem(`There is no option ${name}`, "`--help` lists them.");
  }
  return found;
}
