import { defineConfig } from "vitest/config";
import { HANG_GUARDS } from "../setup/hanging.ts";

/** What must not get worse unnoticed: counts and ratios that are the same on any machine. Times are not among them. */
// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    name: "bench-gate",
    environment: "node",
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    include: ["test/bench-gate/**/*.test.ts"],
    ...HANG_GUARDS,
  },
});
