import { Duration } from "aws-cdk-lib";
import { TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { STREAM_MAPPING } from "../../contract/deployment/stream-mapping.ts";
import { type AlarmDefinition, AT_LEAST } from "./alarm-definition.ts";
import type { MonitoringProps } from "./monitoring-props.ts";

/** How far the relay may be behind its stream: slow, in trouble, and about to lose wake-ups. */
const ITERATOR_AGES = {
  late: Duration.minutes(1),
  high: Duration.hours(1),
  critical: Duration.seconds(STREAM_MAPPING.maxRecordAgeSeconds / 2),
} as const;

/** Alarms on Lambda's own metrics of the relay. */
export function functionAlarms({ relay }: MonitoringProps) {
  const iteratorAge = {
    metric: relay.metric("IteratorAge", { statistic: "Maximum", period: Duration.minutes(1) }),
    comparison: AT_LEAST,
    missingData: TreatMissingData.NOT_BREACHING,
  };
  const failing = { comparison: AT_LEAST, threshold: 1, missingData: TreatMissingData.NOT_BREACHING };
  const period = Duration.minutes(5);
  return {
    IteratorAgeLate: {
      ...iteratorAge,
      threshold: ITERATOR_AGES.late.toMilliseconds(),
      // The relay works off a burst in less time.
      periods: 5,
      command: "status",
      description:
        "the relay is a minute behind its stream, and has been for five. Nothing is at risk yet; events are late. Look " +
        "for throttling of the relay or of the target, then raise concurrency or memoryMb.",
    },
    IteratorAgeHigh: {
      ...iteratorAge,
      threshold: ITERATOR_AGES.high.toMilliseconds(),
      periods: 3,
      command: "status",
      description:
        "the relay is an hour behind its stream, which keeps records for 24 hours. Nothing is lost, since the sweep " +
        "delivers what it misses, but slower. See the relay's errors and throttles.",
    },
    IteratorAgeCritical: {
      ...iteratorAge,
      threshold: ITERATOR_AGES.critical.toMilliseconds(),
      periods: 1,
      command: "status",
      description:
        `the relay is ${ITERATOR_AGES.critical.toHours()} hours behind its stream. In as long again records expire ` +
        "unread. The sweep still delivers their rows, at its own pace. Repair the relay now.",
    },
    RelayErrors: {
      ...failing,
      metric: relay.metricErrors({ statistic: "Sum", period }),
      periods: 1,
      command: "doctor",
      description:
        "the relay crashed, timed out or could not start. A failing target does not count as such an error. Read its log; a " +
        "missing permission or a wrong environment variable is named there.",
    },
    RelayThrottles: {
      ...failing,
      metric: relay.metricThrottles({ statistic: "Sum", period }),
      // One throttled poll is tried again at once; a quarter of an hour of them means a used-up quota, or a concurrency
      // set by hand.
      periods: 3,
      command: "resume relay --yes",
      description:
        "Lambda refuses to run the relay. Events wait in the stream. Its reserved concurrency was set to 0, which the command " +
        "below ends, or the account's is used up: find the function that takes it all, or ask for a higher quota.",
    },
  } as const satisfies Record<string, AlarmDefinition>;
}
