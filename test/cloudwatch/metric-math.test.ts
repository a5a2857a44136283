import { describe, expect, it } from "vitest";
import { evaluateMath, type MathContext } from "../../lib/cloudwatch/metric-math.ts";
import type { Series } from "../../lib/cloudwatch/metric-store.ts";

const SERIES: Readonly<Record<string, Series>> = {
  a: new Map([
    [0, 1],
    [1, 2],
    [2, 3],
  ]),
  b: new Map([
    [1, 10],
    [2, 0],
  ]),
  none: new Map(),
};

const context: MathContext = {
  periods: [0, 1, 2],
  series: (id) => SERIES[id] ?? new Map(),
  search: (expression, statistic, periodMs) => [{ label: `${expression} ${statistic} ${periodMs}`, series: new Map() }],
};

const evaluate = (expression: string) => {
  const [only] = evaluateMath(expression, context);
  return [...(only?.series ?? [])];
};

describe("metric math", () => {
  it.each([
    ["a * 2 + 1", [3, 5, 7]],
    ["1 + a * 2", [3, 5, 7]],
    ["(1 + a) * 2", [4, 6, 8]],
    ["10 - a - 1", [8, 7, 6]],
    ["-a", [-1, -2, -3]],
    ["FILL(b, 7)", [7, 10, 0]],
    ["FILL(none, 0) + a", [1, 2, 3]],
    ["RUNNING_SUM(a)", [1, 3, 6]],
    ["RUNNING_SUM(FILL(b, 0))", [0, 10, 10]],
    ["1.5e-3 * 2000", [3, 3, 3]],
  ])("%s", (expression, expected) => {
    expect(evaluate(expression)).toEqual(expected.map((value, at) => [at, value]));
  });

  it("has a value only where both sides have one, and none for a division by zero", () => {
    expect(evaluate("a + b")).toEqual([
      [1, 12],
      [2, 3],
    ]);
    expect(evaluate("a / b")).toEqual([[1, 0.2]]);
  });

  it("hands a search on, with its period in milliseconds", () => {
    expect(evaluateMath("SEARCH('{N,d} MetricName=\"x\"', 'Sum', 60)", context)).toEqual([
      { label: '{N,d} MetricName="x" Sum 60000', series: new Map() },
    ]);
  });

  it("refuses what it does not know", () => {
    expect(() => evaluate("RATE(a)")).toThrow("the function RATE is not known here yet");
    expect(() => evaluate("a +")).toThrow("the end is not a value");
    expect(() => evaluate("a b")).toThrow("nothing may follow before b");
    expect(() => evaluate("a > 1")).toThrow("cannot be read from its character 1 on");
  });
});
