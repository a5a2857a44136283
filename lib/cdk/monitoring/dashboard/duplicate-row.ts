import { Duration } from "aws-cdk-lib";
import { type IMetric, MathExpression } from "aws-cdk-lib/aws-cloudwatch";
import { DIMENSIONS } from "../../../contract/telemetry/metrics.ts";
import type { RelayMetrics } from "../relay-metrics.ts";
import { graph, type Row, section, sums, THIRD } from "./widgets.ts";

/** How many deliveries of a million may be, or are, one too many. */
export function duplicateRow(metrics: RelayMetrics): readonly Row[] {
  const period = Duration.minutes(5);
  const events = metrics.one("EventsPublished", { period });
  const perMillion = (counted: IMetric, label: string) => {
    // Ids of a widget's expressions hold no hyphen, and each stands for one metric.
    const id = label.replaceAll("-", "_");
    return new MathExpression({
      expression: `1000000 * FILL(${id}, 0) / events`,
      usingMetrics: { [id]: counted, events },
      label,
      period,
    });
  };
  return [
    section(
      "Duplicates",
      "*possible*: an answer was lost (ambiguous-publish), a row could not be deleted (delete-failed), or the bus was not " +
        "confirmed (unconfirmed); whether an event came twice, only its consumer knows. *dropped*: the target knew the event. " +
        "A function that is killed counts nothing: see its errors below.",
    ),
    [
      graph({
        title: "Possible duplicates of a million delivered events, by cause",
        width: THIRD,
        unit: "events",
        left: DIMENSIONS.cause.values.map((cause) =>
          perMillion(metrics.one("DuplicatesPossible", { period, dimensions: { cause } }), cause),
        ),
        stacked: true,
      }),
      graph({
        title: "Dropped by the target, of a million delivered events",
        width: THIRD,
        unit: "events",
        left: [perMillion(metrics.one("DuplicatesDropped", { period }), "dropped")],
      }),
      graph({
        title: "Duplicates: possible by cause, avoided, dropped by the target",
        width: THIRD,
        unit: "events",
        left: [...metrics.each("DuplicatesPossible"), ...sums(metrics, "DuplicatesAvoided", "DuplicatesDropped")],
      }),
    ],
  ];
}
