import { Duration } from "aws-cdk-lib";
import { DEAD_LETTER_AGE_THRESHOLD } from "../delivery-alarms.ts";
import type { MonitoringProps } from "../monitoring-props.ts";
import type { RelayMetrics } from "../relay-metrics.ts";
import { graph, type Row, section, sums, THIRD } from "./widgets.ts";

/** What was parked: the dead-letter queue, and ordering keys behind a parked-key record. */
export function parkedRows(metrics: RelayMetrics, props: MonitoringProps): readonly Row[] {
  const { deadLetterQueue, settings } = props;
  const gauge = { statistic: "Maximum", period: Duration.seconds(settings.requeueEverySeconds) };
  const deadLetters = { statistic: "Maximum", period: Duration.minutes(1) };
  return [
    section(
      "Parked",
      "Messages are wake-ups: the requeuer takes those that are *due* and lets the others rest. Purging the queue loses no " +
        "event. A parked key waits behind its first failed event, and no other key does. To have an event tried at the next " +
        `run: \`${props.command} retry <id>\`; to give it up: \`${props.command} discard <id> --reason "..."\`.`,
    ),
    [
      graph({
        title: "Dead-letter queue",
        width: THIRD,
        unit: "messages",
        left: [
          deadLetterQueue.metricApproximateNumberOfMessagesVisible({ ...deadLetters, label: "due" }),
          deadLetterQueue.metricApproximateNumberOfMessagesNotVisible({ ...deadLetters, label: "resting" }),
          deadLetterQueue.metricNumberOfMessagesReceived({ ...deadLetters, statistic: "Sum", label: "received" }),
        ],
      }),
      graph({
        title: "Parked, and tried again",
        width: THIRD,
        unit: "events",
        rightUnit: "seconds",
        left: [
          ...sums(metrics, "EventsRequeued", "RequeueFailures", "ParkFailures", "MalformedRecords"),
          ...metrics.each("NonconformingEvents"),
        ],
        right: [
          metrics.one("OldestParkedAge", {
            ...gauge,
            label: `oldest (alarm at ${DEAD_LETTER_AGE_THRESHOLD.toDays()} days)`,
          }),
        ],
      }),
      graph({
        title: "Ordering keys",
        width: THIRD,
        unit: "keys",
        left: [
          metrics.one("ParkedKeys", { ...gauge, label: "parked now" }),
          ...sums(metrics, "KeysParked", "KeysFreed", "GateTouches"),
        ],
      }),
    ],
  ];
}
