import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { foundBefore, keepFound } from "./found.ts";
import type { Mutant } from "./report.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "outbox-found-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const mutant = (file: string): Mutant => ({
  ...{ file, line: 1, range: "1:0-1:1", was: "1", becomes: "2", fate: "survived" },
});

it("keeps what a run found in each file, until the file changes", () => {
  for (const file of ["a.ts", "b.ts"]) writeFileSync(join(root, file), "1");
  keepFound(root, ["a.ts", "b.ts"], [mutant("a.ts"), mutant("b.ts")]);
  expect(foundBefore(root, ["b.ts"])).toEqual([mutant("b.ts")]);
  expect(foundBefore(root, ["a.ts", "b.ts"])).toEqual([mutant("a.ts"), mutant("b.ts")]);
  writeFileSync(join(root, "b.ts"), "2");
  expect(foundBefore(root, ["a.ts"])).toEqual([mutant("a.ts")]);
  expect(() => foundBefore(root, ["a.ts", "b.ts"])).toThrow(
    "b.ts has changed since its mutants were run: run it without --again first.",
  );
  writeFileSync(join(root, "c.ts"), "1");
  expect(() => foundBefore(root, ["c.ts"])).toThrow("c.ts was not run in this checkout: run it without --again first.");
});
