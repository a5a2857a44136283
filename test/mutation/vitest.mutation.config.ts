import { defineConfig } from "vitest/config";

// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    name: "mutation",
    environment: "node",
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    include: (process.env["MUTATION_TESTS"] ?? "").split(","),
    setupFiles: ["test/setup/own-process.ts"],
    testTimeout: 30_000,
  },
});
