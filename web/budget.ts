import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/**
 * Fails a build in which one of `pages`, the first that people see, needs more JavaScript than `most` bytes, gzipped: the
 * entry, the page, and all that the two import.
 */
export function budget({ pages, most }: { pages: string[]; most: number }): Plugin {
  return {
    name: "budget",
    apply: "build",
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
      const named = (fileName: string) => chunks.find((chunk) => chunk.fileName === fileName);
      for (const page of pages) {
        const needed = new Set<string>();
        const need = (fileName: string) => {
          if (needed.has(fileName)) return;
          needed.add(fileName);
          named(fileName)?.imports.forEach(need);
        };
        const first = chunks.filter((chunk) => chunk.isEntry || chunk.facadeModuleId?.endsWith(`/${page}.tsx`));
        if (first.length < 2) this.error(`${page} is no chunk of its own`);
        first.forEach(({ fileName }) => need(fileName));
        const code = [...needed].map((fileName) => named(fileName)?.code ?? "");
        const bytes = code.reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0);
        const text = `JavaScript of the page ${page}: ${(bytes / 1024).toFixed(1)} KiB gzip of at most ${(most / 1024).toFixed(0)}`;
        if (bytes > most) this.error(`${text}. Look at what the last change brought in.`);
        console.log(text);
      }
    },
  };
}
