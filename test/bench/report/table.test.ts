import { describe, expect, it } from "vitest";
import { isStubTheLimit, plainTable } from "../../../bench/report/table.ts";
import { isMet } from "../../../bench/workload.ts";
import { faster, row } from "../sample-result.ts";

describe("the table of results", () => {
  it("begins each row with its ratio, then the goal, and the figures after", () => {
    const [headings, first, second] = plainTable([row, faster]).split("\n");
    expect(headings).toMatch(/^row +ratio +goal/);
    expect(first).toMatch(
      /^relay-unordered +x 2 \(1\.9-2\.4\) +<= 2 +met +200 \(190-260\) ms +bare HTTP: 100 \(95-110\) +80 \/ 10 +x 6$/,
    );
    expect(second).toMatch(/^relay-vs-others +x 4 \(3-5\) +>= 5 +missed/);
  });

  it("marks a row whose stub had too little headroom", () => {
    expect(plainTable([{ ...row, stubHeadroom: 1.2 }])).toContain("x 1.2 (too little)");
    expect(isStubTheLimit(row)).toBe(false);
  });
});

describe("isMet", () => {
  it("goes by the median, in the goal's direction", () => {
    expect([isMet(row), isMet({ ...row, goal: { atMost: 1.9 } })]).toEqual([true, false]);
    expect([isMet(faster), isMet({ ...faster, goal: { atLeast: 4 } })]).toEqual([false, true]);
  });
});
