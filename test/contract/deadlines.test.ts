import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { committedFiles } from "./committed-files.ts";

/** A deadline given to a test, a hook, a wait or a program. */
const DEADLINES =
  /\b(?:testTimeout|hookTimeout): [\d_]+|\btimeout: [\d_]+|\bmaxWaitTime: [\d_]+|^ *\}, \d[\d_]{3,}\);$/gm;
/** One call that is given up and made again, or a mutant that may loop for ever. */
const OTHERS = new Set([
  "test/core/unit-mutants-main.ts",
  "test/mutation/vitest.mutation.config.ts",
  "test/servers/rabbitmq/rabbitmq-server.ts",
]);

it("no test has a deadline of its own, which a busy machine would miss: test/setup/hanging.ts has them all", () => {
  const sources = committedFiles("test").filter((path) => path.endsWith(".ts"));
  expect(sources.length).toBeGreaterThan(300);
  const own = sources
    .filter((path) => !OTHERS.has(path))
    .flatMap((path) => (readFileSync(path, "utf8").match(DEADLINES) ?? []).map((text) => `${path}: ${text.trim()}`));
  expect(own).toEqual([]);
});

it("each place that may have one has one", () => {
  for (const path of OTHERS) expect(readFileSync(path, "utf8"), path).toMatch(DEADLINES);
});
