import { Duration } from "aws-cdk-lib";
import { TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { type AlarmDefinition, AT_LEAST } from "./alarm-definition.ts";
import type { MonitoringProps } from "./monitoring-props.ts";
import { metricsOf } from "./relay-metrics.ts";

const PERIOD = Duration.minutes(5);
/** An archive that comes and goes within this time is told once, and not anew each time it goes. */
const COMES_AND_GOES_WITHIN = Duration.minutes(30);

/** Alarms on the archive. None for a relay without one: nothing is counted there. */
export function archiveAlarms({ relayName, hasArchive }: MonitoringProps): {
  readonly ReceiptsMissing?: AlarmDefinition;
} {
  if (!hasArchive) return {};
  return {
    ReceiptsMissing: {
      metric: metricsOf(relayName).one("ReceiptsMissing", { period: PERIOD }),
      comparison: AT_LEAST,
      threshold: 1,
      periods: COMES_AND_GOES_WITHIN.toSeconds() / PERIOD.toSeconds(),
      // A quiet relay writes few objects: an archive that refuses all of them may miss one line in an hour.
      datapoints: 1,
      missingData: TreatMissingData.NOT_BREACHING,
      command: "doctor",
      description:
        "the archive did not take lines in time. Events are delivered all the same. An audit of these hours calls an event without " +
        "a receipt undecided. The log names the error: a permission or a key that is missing, a bucket that is gone or in " +
        "another region. A single TimeoutError or SlowDown is S3's own, and passes.",
    },
  };
}
