import { defineConfig } from "vitest/config";
import { NODE_SUITE } from "../setup/node-suite.ts";

/** Every target against the real server behind it: apart from `npm test`, because brokers must be installed or fetched. */
// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    ...NODE_SUITE,
    include: ["test/servers/**/*.test.ts"],
    // Each file has a server of its own. Two at once would be too much for two cores.
    fileParallelism: false,
  },
});
