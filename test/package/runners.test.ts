import { describe, inject, it } from "vitest";
import { nodeOf, printed } from "./installed.ts";
import { RUNNER_CELLS, type Runner } from "./matrix.ts";

const installed = inject("installed");

/** Each runs the app's own tests, and fails where they do. */
const COMMANDS: Readonly<Record<Runner, readonly string[]>> = {
  jest: ["node_modules/jest/bin/jest.js", "--config", "jest.config.cjs"],
  vitest: ["node_modules/vitest/vitest.mjs", "run", "--config", "vitest.config.mjs"],
  "node:test": ["--test", "both-copies.test.mjs"],
};

describe("an app's tests", () => {
  it.each(RUNNER_CELLS)(
    "pass under $runner on Node $node with the $app of everything",
    async ({ runner, app, node }) => {
      await printed(nodeOf(installed, node), COMMANDS[runner], installed.apps[app]);
    },
  );
});
