import { Duration } from "aws-cdk-lib";
import { TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { DEAD_LETTER_RETENTION } from "../dead-letter-queue.ts";
import { type AlarmDefinition, AT_LEAST, BELOW } from "./alarm-definition.ts";
import type { MonitoringProps } from "./monitoring-props.ts";
import { metricsOf } from "./relay-metrics.ts";

/** Half of the 24 hours for which the stream keeps a record: time left to act before wake-ups are lost. */
const CRITICAL_AGE = Duration.hours(12);
const BREAKER_OPEN_FOR = Duration.minutes(15);
/** A target that comes and goes within this time is told once, and not anew each time it goes. */
const COMES_AND_GOES_WITHIN = Duration.minutes(30);
/** A row whose wake-up was lost is swept in the first run after minAgeSeconds. More than that are runs of so long, at least three. */
const OVERDUE_FOR = Duration.minutes(5);
/** Half of SQS's retention: a week is left to read a dead letter before its history expires. */
export const DEAD_LETTER_AGE_THRESHOLD = Duration.days(DEAD_LETTER_RETENTION.toDays() / 2);
export const MISSED_HEARTBEATS = 3;
const INCOMPLETE_FOR = Duration.minutes(15);

/** Used by both rules for the heartbeat: with and without metric math. */
export const HEARTBEAT_MISSING = {
  command: "doctor",
  description:
    "the requeuer has not completed a run. What the relay could not deliver waits. Check that the schedule is " +
    "enabled, that the requeuer is not throttled, and its log for errors.",
};

/** Alarms on the metrics that relay and requeuer publish. */
export function deliveryAlarms({ relayName, settings }: MonitoringProps) {
  const metrics = metricsOf(relayName);
  // The requeuer reports these once a run, so a shorter period would be empty most of the time.
  const run = Duration.seconds(settings.requeueEverySeconds);
  const runsIn = (time: Duration): number => Math.ceil(time.toSeconds() / run.toSeconds());
  const overdueRuns = Math.max(3, runsIn(OVERDUE_FOR));
  const age = metrics.one("OldestUndeliveredAge", { statistic: "Maximum", period: run });
  return {
    OldestUndeliveredAge: {
      metric: age,
      comparison: AT_LEAST,
      threshold: settings.alarms.undeliveredSeconds,
      periods: Math.max(overdueRuns, runsIn(COMES_AND_GOES_WITHIN)),
      datapoints: overdueRuns,
      // Without a measurement the age is as bad as it was; the heartbeat's alarm reports the silence.
      missingData: TreatMissingData.IGNORE,
      command: "status",
      description:
        "an event has waited for longer than the objective. Look at failures by class on the dashboard: scope target " +
        "means that the target is down, missing or forbidden; repair it, and the requeuer delivers everything by " +
        "itself. Scope event means that single events are refused; their dead-letter messages name the reason.",
    },
    OldestUndeliveredAgeCritical: {
      metric: age,
      comparison: AT_LEAST,
      threshold: CRITICAL_AGE.toSeconds(),
      periods: 1,
      missingData: TreatMissingData.IGNORE,
      command: "status",
      description:
        `an event has waited for ${CRITICAL_AGE.toHours()} hours. It is not lost while its row is in the table, but ` +
        "whoever waits for it has waited for half a day: call whoever owns the target.",
    },
    // With metric math another rule takes its place: this one is also on before the first run.
    RequeuerHeartbeatMissing: {
      ...HEARTBEAT_MISSING,
      metric: metrics.one("RequeuerHeartbeat", { period: run }),
      comparison: BELOW,
      threshold: 1,
      periods: MISSED_HEARTBEATS,
      missingData: TreatMissingData.BREACHING,
    },
    DeadLetterAge: {
      // SQS's own age metric leaves out a message that was received three times, so it cannot be used.
      metric: metrics.one("OldestParkedAge", { statistic: "Maximum", period: run }),
      comparison: AT_LEAST,
      threshold: DEAD_LETTER_AGE_THRESHOLD.toSeconds(),
      periods: 1,
      missingData: TreatMissingData.IGNORE,
      command: `list --older-than ${DEAD_LETTER_AGE_THRESHOLD.toDays()}d`,
      description:
        `a parked event has waited for ${DEAD_LETTER_AGE_THRESHOLD.toDays()} days. SQS drops its message after ` +
        `${DEAD_LETTER_RETENTION.toDays()}; the event stays in the outbox table and is tried on, but the history of ` +
        "its failures goes. See what it fails with, and repair the cause.",
    },
    IncompleteRuns: {
      metric: metrics.one("IncompleteRuns", { statistic: "Minimum", period: run }),
      comparison: AT_LEAST,
      threshold: 1,
      // A run waits for a throttled table, and the next run makes up for a part that one missed.
      periods: runsIn(INCOMPLETE_FOR),
      // If there is no run, the heartbeat's alarm reports it.
      missingData: TreatMissingData.IGNORE,
      command: "doctor",
      description:
        `for ${INCOMPLETE_FOR.toMinutes()} minutes no run of the requeuer did all of its work, for the table or the ` +
        "dead-letter queue refused a part of it. What that part would have delivered waits. The requeuer's log names the " +
        "error: a permission that is missing, a key that is disabled, a queue that is gone, or a table that throttles.",
    },
    BreakerOpen: {
      metric: metrics.one("BreakerOpen", { statistic: "Maximum", period: run }),
      comparison: AT_LEAST,
      threshold: 1,
      periods: runsIn(COMES_AND_GOES_WITHIN),
      datapoints: runsIn(BREAKER_OPEN_FOR),
      // Without an invocation nothing new is known of the target.
      missingData: TreatMissingData.IGNORE,
      command: "status",
      description:
        `the target has been failing for ${BREAKER_OPEN_FOR.toMinutes()} of the last ` +
        `${COMES_AND_GOES_WITHIN.toMinutes()} minutes, and hardly any calls are made to it while it does. ` +
        "Events wait in the table at no cost. Look at failures by error on the dashboard, and repair the target.",
    },
    MalformedRecords: {
      metric: metrics.one("MalformedRecords", { period: Duration.minutes(5) }),
      comparison: AT_LEAST,
      threshold: 1,
      periods: 1,
      missingData: TreatMissingData.NOT_BREACHING,
      command: "list --failure MalformedRow",
      description:
        "a row breaks the item contract and cannot be delivered. Others are not affected. The list names what is wrong. " +
        "Repair the writer, discard the row, which keeps it in the journal, and have the event written again.",
    },
    TableMisconfigured: {
      metric: metrics.one("TableMisconfigured", { period: Duration.minutes(5) }),
      comparison: AT_LEAST,
      threshold: 1,
      periods: 1,
      // Without a check the last result stands.
      missingData: TreatMissingData.IGNORE,
      command: "doctor",
      description:
        "the outbox table is not what the promise needs. Time to live deletes events that nobody has delivered: switch " +
        "it off at once. Without new images in its stream the relay sees no events, and only the sweep delivers. The " +
        "requeuer's log names which it is.",
    },
  } as const satisfies Record<string, AlarmDefinition>;
}
