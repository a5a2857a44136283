import { Duration } from "aws-cdk-lib";
import { MathExpression } from "aws-cdk-lib/aws-cloudwatch";
import { DIMENSIONS } from "../../../contract/telemetry/metrics.ts";
import type { MonitoringProps } from "../monitoring-props.ts";
import type { RelayMetrics } from "../relay-metrics.ts";
import { graph, type Row, section, THIRD } from "./widgets.ts";

/**
 * US dollars, us-east-1, without free tiers and savings plans, in November 2026.
 *
 * @see https://aws.amazon.com/lambda/pricing/ (arm64), https://aws.amazon.com/dynamodb/pricing/on-demand/,
 * https://aws.amazon.com/guardduty/pricing/ and https://aws.amazon.com/cloudtrail/pricing/ (management events)
 */
export const PRICES = {
  invocation: 0.2 / 1e6,
  gigabyteSecond: 0.000_013_333_4,
  writeUnit: 0.625 / 1e6,
  /** Of a check of the bus: CloudTrail records it and GuardDuty reads the record. */
  guardDutyEvent: 4 / 1e6,
  /** Of the same record in a second trail; the first one is free. */
  secondTrailEvent: 20 / 1e6,
} as const;

const MB_A_GB = 1_024;
const MS_A_SECOND = 1_000;

/**
 * The cost of delivery: the functions and the delete of each row, without the service's own put and without the target.
 * Separately, the cost of the checks of the bus in GuardDuty and trails.
 */
export function costRow(metrics: RelayMetrics, { relay, requeuer, settings }: MonitoringProps): readonly Row[] {
  const period = Duration.minutes(5);
  const functions = { relay, requeuer };
  const sumOf = (suffix: string) => `(${DIMENSIONS.function.values.map((role) => `${role}_${suffix}`).join(" + ")})`;
  const usd = (value: number) => value.toFixed(13).replace(/0+$/, "");
  const perMs = (PRICES.gigabyteSecond * settings.memoryMb) / MB_A_GB / MS_A_SECOND;
  const parts = DIMENSIONS.function.values.flatMap((role) => [
    [`${role}_calls`, functions[role].metricInvocations({ statistic: "Sum", period })],
    [`${role}_ms`, functions[role].metricDuration({ statistic: "Sum", period })],
  ]);
  const dollars = `${sumOf("calls")} * ${usd(PRICES.invocation)} + ${sumOf("ms")} * ${usd(perMs)} + events * ${usd(PRICES.writeUnit)}`;
  const usingMetrics = { ...Object.fromEntries(parts), events: metrics.one("EventsPublished", { period }) };
  const checks = metrics.one("ExistenceChecks", { period });
  const checksAt = (price: number, label: string) =>
    new MathExpression({
      expression: `12 * FILL(checks, 0) * ${usd(price)}`,
      usingMetrics: { checks },
      label,
      period,
    });
  return [
    section(
      "Cost",
      "Functions and the delete of each row (1 KB), at us-east-1 prices. Not in it: the service's own put ($1.25 per million " +
        "and KB in a transaction) and the target. Few events an hour make it look dear: the requeuer runs all the same. A check of " +
        "the bus is an event of CloudTrail: GuardDuty and a second trail bill it, a first trail does not.",
    ),
    [
      graph({
        title: "Cost of a million delivered events",
        width: THIRD,
        unit: "US$",
        left: [
          new MathExpression({
            expression: `1000000 * (${dollars}) / events`,
            usingMetrics,
            label: "per million events",
            period,
          }),
        ],
      }),
      graph({
        title: "Cost of an hour, at this rate",
        width: THIRD,
        unit: "US$",
        left: [new MathExpression({ expression: `12 * (${dollars})`, usingMetrics, label: "per hour", period })],
      }),
      graph({
        title: "Cost of an hour's checks of the bus, at this rate",
        width: THIRD,
        unit: "US$",
        left: [checksAt(PRICES.guardDutyEvent, "GuardDuty"), checksAt(PRICES.secondTrailEvent, "a second trail")],
      }),
    ],
  ];
}
