import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FOLDERS, filesOf, folderOf } from "./folders.ts";
import { type Mutant, mutantsOf, onOneLine } from "./report.ts";
import { recordedScores } from "./scores.ts";
import { isPassed, judged, LOWEST_SCORE, type Survivor, scoreOf } from "./verdict.ts";

const read = (path: string) => readFileSync(join(import.meta.dirname, "..", "..", path), "utf8");
const recorded = recordedScores();
const listed: readonly Survivor[] = JSON.parse(read("test/mutation/survivors.json"));

const FILE = "lib/core/ordered/batches-of-key.ts";
const mutant = (becomes: string, fate: Mutant["fate"], file = FILE): Mutant => ({
  ...{ file, line: 1, range: "1:0-1:6", was: "if (a)", becomes, fate },
});
const survivor = (becomes: string, reason = "the same"): Survivor => ({ file: FILE, was: "if (a)", becomes, reason });

describe("the report of Stryker", () => {
  it("names each mutant by its lines, before and after, and takes a timeout for killed and no test for survived", () => {
    const location = { start: { line: 2, column: 7 }, end: { line: 3, column: 5 } };
    const mutants = ["Killed", "Timeout", "Survived", "NoCoverage", "CompileError", "Ignored"].map((status) => ({
      ...{ status, location, mutatorName: "ConditionalExpression", replacement: "true" },
    }));
    const found = mutantsOf({ files: { [FILE]: { source: "\n  if (a &&\n   b) return;\n", mutants } } });
    expect(found.map(({ fate }) => fate)).toEqual(["killed", "killed", "survived", "survived"]);
    expect(found[0]).toMatchObject({
      line: 2,
      range: "2:6-3:4",
      was: "if (a && b) return;",
      becomes: "if (true) return;",
    });
  });
});

describe("the verdict on mutants", () => {
  it("passes where each survivor has a reason and no folder falls below what was recorded", () => {
    const mutants = [mutant("if (true)", "survived"), mutant("if (false)", "killed")];
    const verdict = judged([FILE], mutants, [survivor("if (true)")], { [FILE]: { killed: 1, survived: 1 } });
    expect(verdict.folders).toEqual([{ folder: "lib/core/ordered", score: 50, floor: 50, killed: 1, mutants: 2 }]);
    expect(isPassed(verdict)).toBe(true);
  });

  it("fails for a survivor without a reason, also for one that is listed with none", () => {
    for (const survivors of [[], [survivor("if (true)", "")], [survivor("if (false)")]]) {
      const verdict = judged([FILE], [mutant("if (true)", "survived")], survivors, {});
      expect(verdict.unexplained).toHaveLength(1);
      expect(isPassed(verdict)).toBe(false);
    }
  });

  it("fails for a reason whose mutant is killed or gone, in a file that was looked at", () => {
    const survivors = [survivor("if (true)"), survivor("if (b)")];
    const verdict = judged([FILE], [mutant("if (true)", "killed")], survivors, {});
    expect(verdict.stale).toEqual(survivors);
    expect(isPassed(verdict)).toBe(false);
    expect(judged([], [], survivors, {}).stale).toEqual([]);
  });

  it("fails where a folder falls below its record, files that were not looked at counted as they were recorded", () => {
    const other = "lib/core/ordered/ordering.ts";
    const before = { [FILE]: { killed: 10, survived: 0 }, [other]: { killed: 9, survived: 1 } };
    const verdict = judged([FILE], [mutant("if (true)", "survived")], [survivor("if (true)")], before);
    expect(verdict.folders[0]).toMatchObject({ floor: 95, mutants: 11 });
    expect(verdict.folders[0]?.score).toBeCloseTo((9 / 11) * 100);
    expect(isPassed(verdict)).toBe(false);
  });
});

describe("what is recorded of mutants", () => {
  it("has no folder below the lowest score", () => {
    for (const { folder } of FOLDERS)
      expect(scoreOf(recorded, folder).score, folder).toBeGreaterThanOrEqual(LOWEST_SCORE);
  });

  it("speaks of files that are there, each in its folder", () => {
    for (const file of [...Object.keys(recorded), ...listed.map((each) => each.file)]) {
      const folder = folderOf(file);
      expect(folder === undefined ? [] : filesOf(folder), file).toContain(file);
    }
  });

  it("has a reason for each survivor, and its lines are still in the code", () => {
    for (const { file, was, becomes, reason } of listed) {
      expect(onOneLine(read(file)), file).toContain(was);
      expect(becomes).not.toBe(was);
      expect(reason, becomes).not.toBe("");
    }
  });

  it("has as many reasons as survivors", () => {
    for (const [file, { survived }] of Object.entries(recorded)) {
      const reasons = listed.filter((each) => each.file === file).length;
      expect(reasons > 0, file).toBe(survived > 0);
      expect(reasons).toBeLessThanOrEqual(survived);
    }
  });
});
