import { Duration } from "aws-cdk-lib";
import { TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { FOREIGN_AGES } from "../../contract/event-types.ts";
import { type AlarmDefinition, AT_LEAST } from "./alarm-definition.ts";
import type { MonitoringProps } from "./monitoring-props.ts";
import { metricsOf } from "./relay-metrics.ts";

/** Alarms where a table has several relays, of which each knows only itself: none where this one takes every row. */
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
      // Nobody has measured: the age is as bad as it was, and the heartbeat's alarm tells of the silence.
      missingData: TreatMissingData.IGNORE,
      command: "list --foreign",
      description:
        "a row of another type than this relay's has waited in their table for longer than any sweep should leave it. Either " +
        "the other relay of the table does not deliver, and its own alarms say why, or no relay has this type: then it waits " +
        "for ever.",
    },
  };
}
