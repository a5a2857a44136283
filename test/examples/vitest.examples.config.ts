import { defineConfig } from "vitest/config";
import { NODE_SUITE } from "../setup/node-suite.ts";

/** The package as its users have it: packed, installed elsewhere, deployed by an app of its own on an emulator of its own. */
// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    ...NODE_SUITE,
    include: ["test/examples/**/*.test.ts"],
    globalSetup: ["test/examples/global-setup.ts"],
    // One emulator and one stack serve every file, so files take turns.
    fileParallelism: false,
  },
});
