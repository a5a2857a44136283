import { defineConfig } from "vitest/config";
import { HANG_GUARDS } from "../setup/hanging.ts";

/** The released templates and zips as their users have them: deployed by the AWS CLI alone, on an emulator of its own. */
// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    environment: "node",
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    include: ["test/assets/**/*.test.ts"],
    ...HANG_GUARDS,
  },
});
