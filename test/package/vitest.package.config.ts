import { defineConfig } from "vitest/config";
import { HANG_GUARDS } from "../setup/hanging.ts";

/** The package as its users have it: packed, and installed beside the oldest and the newest of what it works with. */
// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    environment: "node",
    include: ["test/package/*.test.ts"],
    globalSetup: ["test/package/global-setup.ts"],
    ...HANG_GUARDS,
    // Compilers take a core each.
    maxWorkers: 2,
  },
});
