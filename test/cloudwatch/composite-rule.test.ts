import { describe, expect, it } from "vitest";
import type { AlarmState } from "../../lib/cloudwatch/alarm-rule.ts";
import { evaluateComposite } from "../../lib/cloudwatch/composite-rule.ts";

const STATES: Readonly<Record<string, AlarmState>> = { on: "ALARM", off: "OK", blind: "INSUFFICIENT_DATA" };
const evaluate = (rule: string) => evaluateComposite(rule, (alarm) => STATES[alarm] ?? "INSUFFICIENT_DATA");

describe("a composite alarm's rule", () => {
  it.each([
    ['ALARM("on")', true],
    ['ALARM("off")', false],
    ["OK(off)", true],
    ['INSUFFICIENT_DATA("blind")', true],
    ['(ALARM("off") OR ALARM("on"))', true],
    ['ALARM("on") AND ALARM("off")', false],
    ["TRUE OR FALSE AND FALSE", true],
    ["(TRUE OR FALSE) AND FALSE", false],
    ["NOT ALARM(off) AND NOT FALSE", true],
    ["NOT (ALARM(on) OR ALARM(off))", false],
    ["ALARM(on) OR (ALARM(off) AND ALARM(on)) OR FALSE", true],
  ])("%s", (rule, expected) => {
    expect(evaluate(rule)).toBe(expected);
  });

  it("is refused where it cannot be read", () => {
    expect(() => evaluate("ALARM(on")).toThrow(") is missing before the end");
    expect(() => evaluate("ALARM(on) ALARM(off)")).toThrow("nothing may follow before ALARM");
    expect(() => evaluate("AT_LEAST(1)")).toThrow("AT_LEAST is not a condition");
  });
});
