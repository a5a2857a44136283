export type AlarmState = "OK" | "ALARM" | "INSUFFICIENT_DATA";
export type MissingData = "missing" | "ignore" | "breaching" | "notBreaching";

const COMPARISONS = {
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
} as const;
export type Comparison = keyof typeof COMPARISONS;
export const isComparison = (text: string): text is Comparison => Object.hasOwn(COMPARISONS, text);

export interface AlarmRule {
  readonly comparison: Comparison;
  readonly threshold: number;
  /** N: how many datapoints are evaluated. */
  readonly evaluationPeriods: number;
  /** M: how many of them have to breach. */
  readonly datapointsToAlarm: number;
  readonly missingData: MissingData;
}

/**
 * How many periods beyond N CloudWatch looks back for datapoints in place of missing ones. It documents only that the
 * number depends on the period; this is the number in its examples.
 */
const LOOK_BACK = 2;

/** The periods of one evaluation. */
export const evaluationRange = ({ evaluationPeriods }: AlarmRule): number => evaluationPeriods + LOOK_BACK;

/**
 * The state of an alarm, by the rules in CloudWatch's documentation.
 *
 * - With N datapoints or more, the latest N decide; the treatment of missing ones does not matter.
 * - With fewer, all of them count, and the missing ones are filled in as breaching or not breaching.
 * - `missing` and `ignore` fill in nothing. M breaching datapoints are an alarm, and one that does not breach makes it
 * OK. Otherwise all datapoints breach. If the oldest is M periods old, `missing` makes it an alarm even with fewer than
 * M datapoints. If it is younger, it may be a single spike: undecided.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 * @param datapoints of the {@link evaluationRange}, oldest first; undefined for a missing one.
 */
export function evaluateRule(
  rule: AlarmRule,
  datapoints: readonly (number | undefined)[],
  current: AlarmState,
): AlarmState {
  const { evaluationPeriods, datapointsToAlarm, missingData } = rule;
  const breaches = (value: number) => COMPARISONS[rule.comparison](value, rule.threshold);
  const there = datapoints.filter((value) => value !== undefined);
  const decided = (breaching: number): AlarmState => (breaching >= datapointsToAlarm ? "ALARM" : "OK");
  if (there.length >= evaluationPeriods) {
    return decided(there.slice(-evaluationPeriods).filter(breaches).length);
  }
  const breaching = there.filter(breaches).length;
  switch (missingData) {
    case "breaching":
      return decided(breaching + evaluationPeriods - there.length);
    case "notBreaching":
      return decided(breaching);
    case "missing":
    case "ignore": {
      if (breaching >= datapointsToAlarm) return "ALARM";
      if (breaching < there.length) return "OK";
      if (missingData === "ignore") return current;
      const oldest = datapoints.findIndex((value) => value !== undefined);
      const age = oldest < 0 ? 0 : datapoints.length - oldest;
      return age >= datapointsToAlarm ? "ALARM" : "INSUFFICIENT_DATA";
    }
  }
}
