import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { budget } from "./budget.ts";
import { places } from "./places.ts";

export default defineConfig({
  plugins: [react(), places(), budget({ pages: ["Home", "SignIn", "Register"], most: 120 * 1024 })],
  build: {
    target: ["chrome120", "firefox121", "safari17.2"],
    // Every browser that the target names knows modulepreload, and the helper would be an inline style of loading.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  test: { environment: "happy-dom", include: ["tests/**/*.test.{ts,tsx}"], restoreMocks: true },
});
