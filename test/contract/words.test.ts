import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { committedFiles } from "./committed-files.ts";

/**
 * Words that this project once coined and that its field does not know. docs/glossary.md has what to say instead; one concept
 * has one word, and one word one concept.
 */
const COINED: Readonly<Record<string, RegExp>> = {
  "lane: key group, or message group at a consumer": /\blanes?\b|\blane[A-Z]|[a-z]Lanes?(?![a-z])/,
  "census: backlog count": /\bcensus/i,
  "crew: task group": /\bcrews?\b|\bcrewOf\b/i,
  "owed: pending delete": /\b(un)?owed\b/i,
  "paced line: adaptive rate limiter": /\bpaced ?lines?\b/i,
  "behold: name what it holds": /\bbehold\b/i,
  "happening: change": /\bhappenings?\b/i,
  "heed: apply, or observe": /\bheed(s|ed)?\b/i,
  "shed: held back by the breaker": /\bshed\b/i,
  "fruitless: idle": /\bfruitless\b/i,
  "hopeless: permanent, or all failed": /\bhopeless\b|\bisHopeless\b/i,
  "gate: destination limiter, or parked key": /(?<![:\-/.])\bgates?\b(?![:\-/.]\w)|\bgateOf\b|\bKeyGate\b/i,
  "letter: dead letter": /(?<!dead[- ])(?<![\w.-])(?:letter|letters)\b(?!,? (?:and )?(?:digits|hyphens|then))/i,
};

/** Exceptions by file: frozen names, and uses with another meaning. No other use is allowed. */
const EXCEPTIONS: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(new URL("./word-exceptions.json", import.meta.url), "utf8"),
);

const isProse = (file: string) =>
  file !== "test/contract/words.test.ts" && /^(lib|lambdas|bin|test|bench|docs)\/.*\.(ts|md)$|^[A-Z]+\.md$/.test(file);

function coinedIn(file: string): readonly string[] {
  const allowed = EXCEPTIONS[file] ?? [];
  const text = allowed.reduce((left, each) => left.replaceAll(each, ""), readFileSync(file, "utf8"));
  return text
    .split("\n")
    .flatMap((line, index) =>
      Object.entries(COINED).flatMap(([word, pattern]) => (pattern.test(line) ? [`${file}:${index + 1} ${word}`] : [])),
    );
}

describe("words that this project coined once", () => {
  it("stand nowhere but in frozen names", () => {
    expect(committedFiles().filter(isProse).flatMap(coinedIn)).toEqual([]);
  });

  it("are excepted only where they stand", () => {
    const idle = Object.entries(EXCEPTIONS).flatMap(([file, allowed]) => {
      const text = readFileSync(file, "utf8");
      return allowed.filter((each) => !text.includes(each)).map((each) => `${file}: ${each}`);
    });
    expect(idle).toEqual([]);
  });
});
