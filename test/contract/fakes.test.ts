import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { committedFiles } from "./committed-files.ts";

/** The fakes of world and simulation. A wrong variant changes the code, and may say what it likes. */
const FAKES = committedFiles("test").filter(
  (file) => /^test\/(?:engine|simulation|world)\//.test(file) && !/\/mutants\/|\.test\.ts$/.test(file),
);

/** What a fake decides itself although the product's code could: `docs/testing.md` has the table. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  // A broker's own word for a route that is full; no AWS error says it.
  "test/simulation/ports/target.ts": 'const FULL: Failure = { class: "throttled"',
  // The history in a dead letter that was sent before the small world begins. It is for people.
  "test/simulation/exhaustive/world.ts": 'failure: { class: "transient"',
};

const decidingIn = (pattern: RegExp) =>
  FAKES.flatMap((file) => {
    const text = readFileSync(file, "utf8").replace(EXCEPTIONS[file] ?? "", "");
    return text
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1} ${line.trim()}`] : []));
  });

describe("the fakes of world and simulation", () => {
  it("say what a call met, and leave to the product whose fault it is and what follows", () => {
    expect(FAKES.length).toBeGreaterThan(50);
    expect(decidingIn(/\bclass: "(?:throttled|transient|ambiguous|permanent)"/)).toEqual([]);
  });

  it("keep dead letters as text, and leave to the product what a text says", () => {
    expect(decidingIn(/\bkind: "(?:stream-positions|unrecognised)"|: DeadLetterContent/)).toEqual([]);
  });

  it("answer a check by the product's reading of what DescribeEventBus throws", () => {
    const checking = FAKES.filter((file) => /: ExistenceChecks\b/.test(readFileSync(file, "utf8")));
    expect(checking.length).toBeGreaterThan(1);
    expect(checking.filter((file) => !readFileSync(file, "utf8").includes("checkAnswerFor("))).toEqual([]);
    expect(decidingIn(/failedCheck\((?!CHECK_ERRORS)/)).toEqual([]);
  });

  it("are excepted only where they decide", () => {
    for (const [file, text] of Object.entries(EXCEPTIONS)) expect(readFileSync(file, "utf8")).toContain(text);
  });
});
