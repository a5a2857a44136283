import { defineConfig } from "vitest/config";

/** Ordered delivery end to end: apart from the other end-to-end tests, because it needs an emulator and a stack of its own. */
// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    environment: "node",
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    include: ["test/e2e/ordered.test.ts"],
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
