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
 * How many periods more than N CloudWatch looks back for datapoints in place of missing ones. It does not tell, and says
 * that it depends on the period; this is what its documented examples have.
 */
const LOOK_BACK = 2;

/** The periods that an evaluation looks at. */
export const evaluationRange = ({ evaluationPeriods }: AlarmRule): number => evaluationPeriods + LOOK_BACK;

/**
 * The state of an alarm, as CloudWatch's documentation tells how it is found.
 *
 * - N datapoints or more are there: the latest N decide, and how to treat missing ones is not asked.
 * - Fewer are there: all of them count, and as many as are missing are filled in, as breaching or as not.
 * - `missing` and `ignore` fill in nothing that decides. M breaching ones are an alarm, one that does not breach makes it
 *   OK. Else, if the oldest breaching one is M periods old, all since then breached or is missing: with `missing` that is
 *   an alarm, with fewer than M datapoints too. Younger, it may be a single spike: nobody can tell yet.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 * @param datapoints of the {@link evaluationRange}, oldest first; undefined where one is missing.
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
