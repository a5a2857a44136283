import { Duration } from "aws-cdk-lib";
import { TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { FOREIGN_AGES } from "../../contract/settings/event-types.ts";
import { type AlarmDefinition, AT_LEAST } from "./alarm-definition.ts";
import type { MonitoringProps } from "./monitoring-props.ts";
import { metricsOf } from "./relay-metrics.ts";

/** Alarms for a table with several relays, each of which knows only its own rows. None if this relay takes every row. */
export function sharedTableAlarms({ relayName, settings }: MonitoringProps): {
  readonly OldestForeignAge?: AlarmDefinition;
} {
  const { eventTypes, minAgeSeconds } = settings.delivery;
  if (eventTypes === undefined) return {};
  const run = Duration.seconds(settings.requeueEverySeconds);
  return {
    OldestForeignAge: {
      metric: metricsOf(relayName).one("OldestForeignAge", { statistic: "Maximum", period: run }),
      comparison: AT_LEAST,
      threshold: FOREIGN_AGES * minAgeSeconds,
      periods: 1,
      // Without a measurement the age is as bad as it was; the heartbeat's alarm reports the silence.
      missingData: TreatMissingData.IGNORE,
      command: "list --foreign",
      description:
        "a row of another type than this relay's has waited in their table for longer than any sweep should leave it. Either " +
        "the other relay of the table does not deliver, and its own alarms say why, or no relay has this type: then it waits " +
        "for ever.",
    },
  };
}
