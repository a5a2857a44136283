import { Duration } from "aws-cdk-lib";
import { TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { type AlarmDefinition, AT_LEAST } from "./alarm-definition.ts";
import type { MonitoringProps } from "./monitoring-props.ts";
import { metricsOf } from "./relay-metrics.ts";

/** Longer than a moment of throttling, or than IAM takes at a first deployment. */
const UNVERIFIED_FOR = Duration.minutes(10);

/**
 * Alarms on the checks whether the target exists. None for a target that refuses calls when it is missing: it is not
 * checked, so there would be no data.
 */
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
      // Without a publish there is no check; events that wait are tried in each run.
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
      // Each run that could check reports it; silence does not mean that it was repaired.
      missingData: TreatMissingData.IGNORE,
      command: "doctor",
      description:
        "a bus is encrypted with a customer key and has no dead-letter queue. Nothing is lost yet. Once the key cannot be used, " +
        "the bus acknowledges events and loses them, and the relay cannot know. Give the bus a dead-letter queue. The " +
        "requeuer's log names the bus.",
    },
  };
}
