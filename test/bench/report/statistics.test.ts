import { describe, expect, it } from "vitest";
import { ratioOf, summaryOf } from "../../../bench/report/statistics.ts";

describe("summaryOf", () => {
  it("gives the middle value of an odd number, and the mean of the middle two of an even number", () => {
    expect(summaryOf([5, 1, 9])).toEqual({ median: 5, min: 1, max: 9 });
    expect(summaryOf([1, 9, 3, 5])).toEqual({ median: 4, min: 1, max: 9 });
    expect(summaryOf([7])).toEqual({ median: 7, min: 7, max: 7 });
  });

  it("orders by number, not by text", () => {
    expect(summaryOf([100, 9, 20]).median).toBe(20);
  });

  it("refuses to summarise nothing", () => {
    expect(() => summaryOf([])).toThrow("no round was measured");
  });
});

describe("ratioOf", () => {
  it("compares round by round before it summarises", () => {
    expect(ratioOf([20, 90, 60], [10, 30, 30])).toEqual({ median: 2, min: 2, max: 3 });
  });
});
