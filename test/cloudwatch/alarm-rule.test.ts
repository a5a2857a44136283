import { describe, expect, it } from "vitest";
import { type AlarmRule, type AlarmState, evaluateRule, type MissingData } from "../../lib/cloudwatch/alarm-rule.ts";

/**
 * The examples of CloudWatch's documentation, unchanged: 0 does not breach, X does, - is missing. The newest is on the right.
 * RETAIN is "Retain current state".
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
type Expected = AlarmState | "RETAIN";
type Row = readonly [points: string, missing: Expected, ignore: Expected, breaching: Expected, notBreaching: Expected];

const NO_DATA = "INSUFFICIENT_DATA";

const THREE_OF_THREE: readonly Row[] = [
  ["0 - X - X", "OK", "OK", "OK", "OK"],
  ["0 - - - -", "OK", "OK", "OK", "OK"],
  ["- - - - -", NO_DATA, "RETAIN", "ALARM", "OK"],
  ["0 X X - X", "ALARM", "ALARM", "ALARM", "ALARM"],
  ["- - X - -", "ALARM", "RETAIN", "ALARM", "OK"],
  // An earlier edition of the page, on GitHub (awsdocs/amazon-cloudwatch-user-guide), has these two as well.
  ["- - - - X", NO_DATA, "RETAIN", "ALARM", "OK"],
  ["X - - - -", "ALARM", "RETAIN", "ALARM", "OK"],
];

const TWO_OF_THREE: readonly Row[] = [
  ["0 - X - X", "ALARM", "ALARM", "ALARM", "ALARM"],
  ["0 0 X 0 X", "ALARM", "ALARM", "ALARM", "ALARM"],
  ["0 - X - -", "OK", "OK", "ALARM", "OK"],
  ["- - - - 0", "OK", "OK", "ALARM", "OK"],
  ["- - - X -", "ALARM", "RETAIN", "ALARM", "OK"],
  ["- - - - X", NO_DATA, "RETAIN", "ALARM", "OK"],
];

/** From the page's section on premature transitions: a single spike is not an alarm yet. */
const PREMATURE: readonly Row[] = [
  ["- - - - X", NO_DATA, "RETAIN", "ALARM", "OK"],
  ["- - - X -", NO_DATA, "RETAIN", "ALARM", "OK"],
  ["- - - X 0", "OK", "OK", "OK", "OK"],
];

const TREATMENTS: readonly MissingData[] = ["missing", "ignore", "breaching", "notBreaching"];
const STATES: readonly AlarmState[] = ["OK", "ALARM", "INSUFFICIENT_DATA"];

const ruleOf = (datapointsToAlarm: number, missingData: MissingData): AlarmRule => ({
  comparison: "GreaterThanThreshold",
  threshold: 3,
  evaluationPeriods: 3,
  datapointsToAlarm,
  missingData,
});

const pointsOf = (text: string) => text.split(" ").map((point) => (point === "X" ? 5 : point === "0" ? 1 : undefined));

describe.each([
  ["3 out of 3", 3, THREE_OF_THREE],
  ["2 out of 3", 2, TWO_OF_THREE],
  ["3 out of 3, a spike", 3, PREMATURE],
] as const)("CloudWatch's documented examples of %s", (_name, datapointsToAlarm, rows) => {
  it.each(rows)("%s", (points, ...expected) => {
    for (const [index, missingData] of TREATMENTS.entries()) {
      for (const current of STATES) {
        const state = evaluateRule(ruleOf(datapointsToAlarm, missingData), pointsOf(points), current);
        const wanted = expected[index] === "RETAIN" ? current : expected[index];
        expect([missingData, current, state]).toEqual([missingData, current, wanted]);
      }
    }
  });
});

describe("comparisons", () => {
  it.each([
    ["GreaterThanThreshold", [false, false, true]],
    ["GreaterThanOrEqualToThreshold", [false, true, true]],
    ["LessThanThreshold", [true, false, false]],
    ["LessThanOrEqualToThreshold", [true, true, false]],
  ] as const)("%s below, at and above the threshold", (comparison, expected) => {
    const rule: AlarmRule = {
      comparison,
      threshold: 3,
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      missingData: "missing",
    };
    expect([2, 3, 4].map((value) => evaluateRule(rule, [value], "OK") === "ALARM")).toEqual(expected);
  });
});
