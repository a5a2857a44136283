import { defineConfig } from "vitest/config";
import { NODE_SUITE } from "../setup/node-suite.ts";

/** The released templates and zips as their users have them: deployed by the AWS CLI alone, on an emulator of its own. */
// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    ...NODE_SUITE,
    include: ["test/assets/**/*.test.ts"],
  },
});
