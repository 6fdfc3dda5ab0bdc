import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["build/", "target/", "node_modules/", ".wrangler/", "web/"] },
  js.configs.recommended,
  {
    files: ["**/*.mjs"],
    languageOptions: { globals: globals.node },
    rules: {
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-shadow": "error",
      "no-unused-vars": ["error", { caughtErrors: "all" }],
      "no-promise-executor-return": "off",
    },
  },
  {
    files: ["tests/e2e/**/*.mjs"],
    rules: {
      "no-restricted-properties": ["error", { property: "waitForFunction", message: "The policy for content stops its second look: use `until`." }],
    },
  },
  // Snippets that run in the Worker, beside the Rust that calls them.
  { files: ["src/**/*.js", "bench/workers/**/*.js"], languageOptions: { globals: { ...globals.worker, FixedLengthStream: "readonly" } } },
];
