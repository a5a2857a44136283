import { defineConfig } from "vitest/config";
import { HANG_GUARDS } from "../setup/hanging.ts";

/** The package as its users have it: packed, installed elsewhere, deployed by an app of its own on an emulator of its own. */
// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    environment: "node",
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    include: ["test/examples/**/*.test.ts"],
    globalSetup: ["test/examples/global-setup.ts"],
    ...HANG_GUARDS,
    // One emulator and one stack serve every file, so files take turns.
    fileParallelism: false,
  },
});
