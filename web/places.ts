import type { Plugin } from "vite";
import { PLACES } from "./src/places.ts";

/**
 * The page of the app under the name of each place, and as `404.html`. All of them are the same page, which shows what its
 * address says; but a server of files tells by them which addresses there are.
 */
export function places(): Plugin {
  return {
    name: "places",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      const page = bundle["index.html"];
      if (page?.type !== "asset") return this.error("there is no index.html to copy");
      const names = PLACES.filter((place) => place !== "/").map((place) => `${place.slice(1)}.html`);
      for (const fileName of [...names, "404.html"]) this.emitFile({ type: "asset", fileName, source: page.source });
    },
  };
}
