import { defineConfig } from "vitest/config";
import { NODE_SUITE } from "../setup/node-suite.ts";

/** What must not get worse unnoticed: counts and ratios that are the same on any machine. Times are not among them. */
// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    name: "bench-gate",
    ...NODE_SUITE,
    include: ["test/bench-gate/**/*.test.ts"],
  },
});
