import { defineConfig } from "vitest/config";
import { HANG_GUARDS } from "../setup/hanging.ts";

/** Every target against the real server behind it: apart from `npm test`, because brokers must be installed or fetched. */
// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    environment: "node",
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    include: ["test/servers/**/*.test.ts"],
    ...HANG_GUARDS,
    // Each file has a server of its own. Two at once would be too much for two cores.
    fileParallelism: false,
  },
});
