import { Duration } from "aws-cdk-lib";
import { MathExpression } from "aws-cdk-lib/aws-cloudwatch";
import type { MonitoringProps } from "../monitoring-props.ts";
import type { RelayMetrics } from "../relay-metrics.ts";
import { graph, HALF, type Row, section, sums, THIRD } from "./widgets.ts";

/** Throughput and latency. */
export function flowRows(metrics: RelayMetrics, { relay, settings }: MonitoringProps): readonly Row[] {
  const gauge = { statistic: "Maximum", period: Duration.seconds(settings.requeueEverySeconds) };
  return [
    section(
      "Throughput",
      "*Published* follows *written*. *Parked* goes up with failures, and *requeued* follows once the target is back. " +
        "*Swept* means that wake-ups were lost: look for a disabled event source mapping or a purged queue.",
    ),
    [
      graph({
        title: "Events a minute",
        width: THIRD,
        unit: "events",
        left: sums(metrics, "EventsWritten", "EventsPublished", "EventsParked", "EventsRequeued", "EventsSwept"),
      }),
      graph({
        title: "Written = delivered, since the left edge",
        width: THIRD,
        unit: "events",
        left: [
          runningTotal(metrics, "EventsWritten", "written"),
          runningTotal(metrics, "EventsPublished", "delivered"),
        ],
      }),
      graph({
        title: "Waiting",
        width: THIRD,
        unit: "events",
        rightUnit: "seconds",
        left: [metrics.one("UndeliveredEvents", { ...gauge, label: "undelivered" })],
        right: [
          metrics.one("OldestUndeliveredAge", { ...gauge, label: "age of the oldest" }),
          ...(settings.delivery.eventTypes === undefined
            ? []
            : [metrics.one("OldestForeignAge", { ...gauge, label: "age of the oldest that is not this relay's" })]),
        ],
      }),
    ],
    section(
      "Latency",
      "From the row's write to the acknowledgement. Slow with a fast *target call*: the relay is behind its stream " +
        "(*iterator age*), so raise concurrency or memory. Slow with a slow call: the target is slow.",
    ),
    [
      graph({
        title: "Write to acknowledgement",
        width: HALF,
        unit: "ms",
        left: ["p50", "p90", "p99"].map((statistic) => metrics.one("EndToEndLatency", { statistic, label: statistic })),
      }),
      graph({
        title: "One call to the target",
        width: HALF / 2,
        unit: "ms",
        left: ["p50", "p99"].map((statistic) => metrics.one("TargetCallTime", { statistic, label: statistic })),
      }),
      graph({
        title: "Behind the stream",
        width: HALF / 2,
        unit: "ms",
        left: [
          relay.metric("IteratorAge", { statistic: "Maximum", period: Duration.minutes(1), label: "iterator age" }),
          metrics.one("StreamDelay", { statistic: "p99", label: "stream delay p99" }),
        ],
      }),
    ],
  ];
}

function runningTotal(metrics: RelayMetrics, name: "EventsWritten" | "EventsPublished", label: string): MathExpression {
  return new MathExpression({
    expression: `RUNNING_SUM(FILL(${label}, 0))`,
    usingMetrics: { [label]: metrics.one(name) },
    label,
    period: Duration.minutes(1),
  });
}
