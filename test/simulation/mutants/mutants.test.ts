import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UNIT_MUTANTS } from "../../core/unit-mutants.ts";
import { MUTANTS } from "./all.ts";
import { answering, inFile, inFunction, patched } from "./patched-bundle.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

it.each([...MUTANTS, ...UNIT_MUTANTS].map(({ name, patches }) => [name, patches] as const))(
  "%s: fits the code as it is",
  (_name, patches) => {
    const sources = new Map<string, string>();
    for (const patch of patches) {
      const before = sources.get(patch.file) ?? readFileSync(join(ROOT, patch.file), "utf8");
      const after = patched(before, patch);
      expect(after).not.toBe(before);
      sources.set(patch.file, after);
    }
  },
);

const SOURCE = `/** Tells add(1). */
export async function add(
  one: number,
  { two }: { readonly two: number },
): Promise<number> {
  const sum = (): number => one + two;
  return sum();
}

const twice = (value: number) => 2 * value;

export const counter = () => ({
  add(by: number): number {
    return twice(by) + 2;
  },
  isZero: () => twice(0) === 0,
});
`;

describe("a patch", () => {
  it.each([
    ["a function", inFunction("a.ts", "twice", "2", "3"), "(value: number) => 3 * value;"],
    ["a function inside another one", inFunction("a.ts", "sum", "+", "-"), "one - two;\n  return sum();"],
    ["a property", inFunction("a.ts", "isZero", "=== 0", "=== 1"), "twice(0) === 1,\n});"],
    ["all of a file", inFile("a.ts", "add(1)", "add(2)"), "Tells add(2)."],
  ])("changes a text of %s", (_what, patch, changed) => {
    expect(patched(SOURCE, patch)).toContain(changed);
  });

  it.each([
    ["an arrow", answering("a.ts", "sum", "7"), "const sum = (): number => 7;\n  return sum();"],
    ["a property", answering("a.ts", "isZero", "false"), "  isZero: () => false,\n});"],
  ])("has %s answer at once", (_what, patch, changed) => {
    expect(patched(SOURCE, patch)).toContain(changed);
  });

  it("has a function with a block answer before it does anything", () => {
    const source = SOURCE.replace("  add(by: number): number {", "  more(by: number): number {");
    expect(patched(source, answering("a.ts", "add", "7"))).toContain(
      "): Promise<number> {\nreturn 7;\n  const sum = (): number => one + two;",
    );
    expect(patched(source, answering("a.ts", "more", "7"))).toContain("  more(by: number): number {\nreturn 7;\n");
  });

  it.each([
    ["names no function", inFunction("a.ts", "thrice", "2", "3"), "thrice is 0 of them"],
    ["names two functions", inFunction("a.ts", "add", "2", "3"), "add is 2 of them"],
    [
      "fits two places of its function",
      inFunction("a.ts", "counter", "twice", "thrice"),
      "one place of counter in a.ts",
    ],
    ["fits none of its function", inFunction("a.ts", "twice", "sum", "3"), "one place of twice in a.ts"],
    ["fits none of its file", inFile("a.ts", "thrice", "twice"), "one place of a.ts"],
    ["fits two places of its file", inFile("a.ts", "twice(", "thrice("), "one place of a.ts"],
  ])("that %s is refused", (_what, patch, message) => {
    expect(() => patched(SOURCE, patch)).toThrow(message);
  });
});
