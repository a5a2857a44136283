import { relative } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Milliseconds that each file of tests took at most, by its key in vitest's cache. */
const longestMs = new Map<string, number>();

/** A mutant's run ends with the first test that fails: so the quick tests come first. Vitest would begin with the slow ones. */
class QuickestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const timed = files.map((file) => ({ file, ms: this.#longestMs(file) }));
    return timed.toSorted((one, other) => one.ms - other.ms).map(({ file }) => file);
  }

  #longestMs({ moduleId, project }: TestSpecification): number {
    const { cache, config } = this.ctx;
    const key = `${project.name}:${relative(config.root, moduleId)}`;
    const ms = Math.max(longestMs.get(key) ?? 0, cache.getFileTestResults(key)?.duration ?? 0);
    longestMs.set(key, ms);
    return ms;
  }
}

// Whoever starts Stryker says which tests: see stryker.ts.
const { tests, leftOut } = JSON.parse(process.env["MUTATION_TESTS"] ?? '{ "tests": [], "leftOut": [] }');

// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    name: "mutation",
    environment: "node",
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
    include: tests,
    // The last one weighs the bundle, which mutants make twice as heavy.
    exclude: [...leftOut, "test/client/entries.test.ts"],
    setupFiles: ["test/setup/own-process.ts"],
    // A module is loaded once for all files of tests. Each run has a worker of its own, so a mutant in it is loaded, too.
    isolate: false,
    sequence: { sequencer: QuickestFirst },
    testTimeout: 30_000,
  },
});
