import { defineConfig } from "vitest/config";
import { NODE_SUITE } from "../setup/node-suite.ts";

/** The port contracts against AWS's own DynamoDB engine: apart from `npm test`, because it needs Java and Maven. */
// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    ...NODE_SUITE,
    include: ["test/conformance/dynamodb-local.test.ts"],
    globalSetup: ["test/conformance/dynamodb-local/global-setup.ts"],
  },
});
