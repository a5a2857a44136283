import { Duration } from "aws-cdk-lib";
import { TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { type AlarmDefinition, AT_LEAST } from "./alarm-definition.ts";
import type { MonitoringProps } from "./monitoring-props.ts";
import { metricsOf } from "./relay-metrics.ts";

/** A moment of throttling, or the IAM of a first deployment, is over by then. */
export const UNVERIFIED_FOR = Duration.minutes(10);

/** Alarms where somebody looks whether the target exists: none where a missing target refuses by itself, for nobody would feed them. */
export function existenceAlarms({ relayName, settings, hasExistenceChecks }: MonitoringProps): {
  readonly TargetUnverified?: AlarmDefinition;
  readonly UnprotectedBuses?: AlarmDefinition;
} {
  if (!hasExistenceChecks) return {};
  const metrics = metricsOf(relayName);
  const run = Duration.seconds(settings.requeueEverySeconds);
  // One run that was throttled says nothing yet, however long its period.
  const periods = Math.max(2, Math.ceil(UNVERIFIED_FOR.toSeconds() / run.toSeconds()));
  return {
    TargetUnverified: {
      metric: metrics.one("TargetUnverified", { statistic: "Minimum", period: run }),
      comparison: AT_LEAST,
      threshold: 1,
      periods,
      // Where nobody publishes nobody asks. What waits is tried in each run.
      missingData: TreatMissingData.IGNORE,
      command: "status",
      description:
        `for ${periods * run.toMinutes()} minutes nobody could tell whether the bus exists, so nothing is published to it. Events ` +
        "wait in the table. The log names the error of the checks: allow events:DescribeEventBus, or see who uses up its quota.",
    },
    UnprotectedBuses: {
      metric: metrics.one("UnprotectedBuses", { statistic: "Maximum", period: run }),
      comparison: AT_LEAST,
      threshold: 1,
      periods: 1,
      // Told by each run that could look: silence is no repair.
      missingData: TreatMissingData.IGNORE,
      command: "doctor",
      description:
        "a bus is encrypted with a customer key and has no dead-letter queue. Nothing is lost yet. Once the key cannot be used, " +
        "the bus acknowledges events and loses them, and the relay cannot know. Give the bus a dead-letter queue. The " +
        "requeuer's log names the bus.",
    },
  };
}
