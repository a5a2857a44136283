import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { NODE_SUITE } from "./test/setup/node-suite.ts";

/** The examples import the package by its name; tests here take its sources for it. */
const sources = fileURLToPath(new URL("./lib/cdk/index.ts", import.meta.url));
const resolve = { alias: [{ find: /^dynamodb-outbox-relay$/, replacement: sources }] };

/** One process runs many files: else importing the SDK and the CDK for each takes longer than the tests. */
const shared = { isolate: false, maxWorkers: "100%", setupFiles: ["test/setup/own-process.ts"] };

/** Quick, and soon broken by a change of the code that it patches. */
const MUTANTS = "test/simulation/mutants/mutants.test.ts";
/** Quick, and read beside the code that they tell of. */
const GOLDEN = "test/simulation/golden/*.test.ts";
const ORDERED = "test/e2e/ordered.test.ts";
const ARCHIVE = "test/e2e/{archive,replay}.test.ts";
const DASHBOARD = "test/e2e/dashboard.test.ts";
/** The deployed app on an emulator, one for each worker. */
const DEPLOYED = "test/e2e/global-setup.ts";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...NODE_SUITE,
          ...shared,
          name: "unit",
          include: [
            "test/{contract,core,aws,targets,operator,lambdas,local,dev,cloudwatch,bench,client,consumer,testing,foreigners,reliability}/**/*.test.ts",
            "test/conformance/{memory,simulated}.test.ts",
            "test/{setup,soak,mutation,suites,dependencies}/*.test.ts",
            MUTANTS,
            GOLDEN,
          ],
        },
      },
      {
        resolve,
        test: {
          ...NODE_SUITE,
          ...shared,
          name: "infra",
          globalSetup: ["test/setup/work-folder.ts"],
          include: ["test/{cdk,documents}/**/*.test.ts"],
        },
      },
      {
        test: {
          ...NODE_SUITE,
          name: "simulation",
          include: ["test/simulation/**/*.test.ts"],
          exclude: [MUTANTS, GOLDEN],
        },
      },
      {
        test: {
          ...NODE_SUITE,
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
        },
      },
      {
        test: {
          ...NODE_SUITE,
          name: "e2e",
          // The port contracts run against the same emulator as the deployed app.
          include: ["test/e2e/**/*.test.ts", "test/conformance/ministack.test.ts"],
          exclude: [ORDERED, ARCHIVE, DASHBOARD],
          globalSetup: [DEPLOYED],
          // Each process has an emulator and a stack of its own; most tests wait for something.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Minutes of a run in which everything goes wrong, so it stands apart.
        test: {
          ...NODE_SUITE,
          name: "dashboard",
          include: [DASHBOARD],
          globalSetup: [DEPLOYED],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // It deploys a stack of its own, for an ordered target.
        test: { ...NODE_SUITE, name: "ordered", include: [ORDERED] },
      },
      {
        // Likewise, with an archive each; they wait until what an audit or a replay may judge is a minute old.
        test: { ...NODE_SUITE, name: "archive", include: [ARCHIVE] },
      },
    ],
  },
});
