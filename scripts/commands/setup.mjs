import { CACHE } from "../paths.mjs";
import { toolchain } from "../setup/toolchain.mjs";

/** Installs what is missing, and only that. */
export default async function setup() {
  await toolchain();
  console.log(`Everything is in place (tools in ${CACHE}).`);
}
