import { defineConfig } from "vitest/config";
import { HANG_GUARDS } from "../setup/hanging.ts";

/** The port contracts against AWS's own DynamoDB engine: apart from `npm test`, because it needs Java and Maven. */
// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    environment: "node",
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    include: ["test/conformance/dynamodb-local.test.ts"],
    globalSetup: ["test/conformance/dynamodb-local/global-setup.ts"],
    ...HANG_GUARDS,
  },
});
