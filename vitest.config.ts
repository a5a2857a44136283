import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { HANG_GUARDS } from "./test/setup/hanging.ts";

/** The SDK tells each process that it will leave Node 20 one day; the tests run on 20 and 24. */
const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };
const node = { environment: "node" as const, env, ...HANG_GUARDS };
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
const DASHBOARD = "test/e2e/dashboard.test.ts";
/** The deployed app on an emulator, one for each worker. */
const DEPLOYED = "test/e2e/global-setup.ts";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...node,
          ...shared,
          name: "unit",
          include: [
            "test/{contract,core,aws,targets,operator,lambdas,local,dev,cloudwatch,bench,client,consumer,testing,foreigners,reliability}/**/*.test.ts",
            "test/conformance/{memory,simulated}.test.ts",
            "test/{soak,mutation,suites}/*.test.ts",
            MUTANTS,
            GOLDEN,
          ],
        },
      },
      {
        resolve,
        test: {
          ...node,
          ...shared,
          name: "infra",
          globalSetup: ["test/setup/work-folder.ts"],
          include: ["test/{cdk,documents}/**/*.test.ts"],
        },
      },
      {
        test: {
          ...node,
          name: "simulation",
          include: ["test/simulation/**/*.test.ts"],
          exclude: [MUTANTS, GOLDEN],
        },
      },
      {
        test: {
          ...node,
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
        },
      },
      {
        test: {
          ...node,
          name: "e2e",
          // The port contracts run against the same emulator as the deployed app.
          include: ["test/e2e/**/*.test.ts", "test/conformance/ministack.test.ts"],
          exclude: [ORDERED, DASHBOARD],
          globalSetup: [DEPLOYED],
          // Each process has an emulator and a stack of its own; most tests wait for something.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Minutes of a run in which everything goes wrong, so it stands apart.
        test: {
          ...node,
          name: "dashboard",
          include: [DASHBOARD],
          globalSetup: [DEPLOYED],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // It deploys a stack of its own, for an ordered target.
        test: { ...node, name: "ordered", include: [ORDERED] },
      },
    ],
  },
});
