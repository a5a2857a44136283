import { Duration } from "aws-cdk-lib";
import {
  Alarm,
  AlarmRule,
  AlarmState,
  ComparisonOperator,
  CompositeAlarm,
  type IMetric,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { Construct } from "constructs";
import { DEAD_LETTER_RETENTION } from "../dead-letter-queue.ts";
import type { MonitoringProps } from "./monitoring-props.ts";
import { metricsOf } from "./relay-metrics.ts";

export const OLDEST_UNDELIVERED_THRESHOLD = Duration.minutes(5);
/** Half of what SQS keeps: a week to look at a message before its history expires. */
export const DEAD_LETTER_AGE_THRESHOLD = Duration.days(DEAD_LETTER_RETENTION.toDays() / 2);
export const ITERATOR_AGE_THRESHOLD = Duration.minutes(5);
export const MISSED_HEARTBEATS = 3;

export const ALARM_NAMES = [
  "OldestUndeliveredAge",
  "DeadLetterAge",
  "DeadLetterDepth",
  "IteratorAge",
  "RelayErrors",
  "RequeuerHeartbeatMissing",
  "MalformedRecords",
  "TableMisconfigured",
] as const;
export type AlarmName = (typeof ALARM_NAMES)[number];

/** Any of these means that events may stay undelivered until somebody acts. */
const DELIVERY_AT_RISK: readonly AlarmName[] = [
  "OldestUndeliveredAge",
  "RequeuerHeartbeatMissing",
  "DeadLetterAge",
  "TableMisconfigured",
];

interface AlarmDefinition {
  readonly metric: IMetric;
  readonly comparison: ComparisonOperator;
  readonly threshold: number;
  /** How many periods in a row have to breach. */
  readonly periods: number;
  readonly missingData: TreatMissingData;
  /** What it means and what to do, for the person that it wakes. */
  readonly description: string;
}

/** Makes one alarm for each name, and the composite one where it is wanted. All report to the topic, if there is one. */
export function createAlarms(scope: Construct, props: MonitoringProps): readonly Alarm[] {
  const definitions = { ...relayAlarms(props), ...queueAlarms(props), ...functionAlarms(props) };
  const alarms = ALARM_NAMES.map((name): readonly [AlarmName, Alarm] => [
    name,
    createAlarm(scope, name, definitions[name], props),
  ]);
  if (props.settings.alarms.composite) {
    createComposite(
      scope,
      props,
      alarms.filter(([name]) => DELIVERY_AT_RISK.includes(name)).map(([, alarm]) => alarm),
    );
  }
  return alarms.map(([, alarm]) => alarm);
}

function createAlarm(scope: Construct, name: AlarmName, definition: AlarmDefinition, props: MonitoringProps): Alarm {
  const alarm = new Alarm(scope, name, {
    alarmDescription: `${props.relayName}: ${definition.description}`,
    metric: definition.metric,
    comparisonOperator: definition.comparison,
    threshold: definition.threshold,
    evaluationPeriods: definition.periods,
    datapointsToAlarm: definition.periods,
    treatMissingData: definition.missingData,
  });
  if (props.alarmTopic !== undefined) {
    const action = new SnsAction(props.alarmTopic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
  }
  return alarm;
}

/** No action of its own: the alarms under it report already. It is the one to put on a wall or behind a pager. */
function createComposite(scope: Construct, { relayName }: MonitoringProps, alarms: readonly Alarm[]): void {
  new CompositeAlarm(scope, "DeliveryAtRisk", {
    alarmDescription:
      `${relayName}: delivery is at risk. Events are overdue, or nobody is left to deliver them. No event is lost ` +
      "while its row is in the outbox table. See which of the alarms underneath is on, and do what it says.",
    alarmRule: AlarmRule.anyOf(...alarms.map((alarm) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM))),
  });
}

const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD: AT_LEAST, LESS_THAN_THRESHOLD: BELOW } = ComparisonOperator;

function relayAlarms({ relayName, settings }: MonitoringProps) {
  const metric = metricsOf(relayName);
  // The requeuer reports these once a run, so a shorter period would be empty most of the time.
  const run = Duration.seconds(settings.requeueEverySeconds);
  return {
    OldestUndeliveredAge: {
      metric: metric("OldestUndeliveredAge", { statistic: "Maximum", period: run }),
      comparison: AT_LEAST,
      threshold: Math.max(OLDEST_UNDELIVERED_THRESHOLD.toSeconds(), settings.delivery.minAgeSeconds),
      // A row whose wake-up was lost is swept in the run after it comes of age. Three in a row is more than that.
      periods: 3,
      // Nobody has measured: the age is as bad as it was, and the heartbeat's alarm tells of the silence.
      missingData: TreatMissingData.IGNORE,
      description:
        "an event has waited for minutes. Look at PublishFailures by class and scope on the dashboard: scope target " +
        "means that the target is down, missing or forbidden; repair it, and the requeuer delivers everything by " +
        "itself. Scope event means that single events are refused; their dead-letter messages name the reason.",
    },
    RequeuerHeartbeatMissing: {
      metric: metric("RequeuerHeartbeat", { period: run }),
      comparison: BELOW,
      threshold: 1,
      periods: MISSED_HEARTBEATS,
      missingData: TreatMissingData.BREACHING,
      description:
        "the requeuer has not completed a run. What the relay could not deliver waits. Check that the schedule is " +
        "enabled, that the requeuer is not throttled, and its log for errors.",
    },
    MalformedRecords: {
      metric: metric("MalformedRecords", { period: Duration.minutes(5) }),
      comparison: AT_LEAST,
      threshold: 1,
      periods: 1,
      missingData: TreatMissingData.NOT_BREACHING,
      description:
        "a row breaks the item contract and cannot be delivered. Others are not affected. Its dead-letter message and " +
        "the row's attribute _reason name what is wrong. Repair the row, and it is delivered at its next turn; then " +
        "repair the writer.",
    },
    TableMisconfigured: {
      metric: metric("TableMisconfigured", { period: Duration.minutes(5) }),
      comparison: AT_LEAST,
      threshold: 1,
      periods: 1,
      // Told once by each process of the requeuer, so the last word holds until the next one starts.
      missingData: TreatMissingData.IGNORE,
      description:
        "the outbox table is not what the promise needs. Time to live deletes events that nobody has delivered: switch " +
        "it off at once. Without new images in its stream the relay sees no events, and only the sweep delivers. The " +
        "requeuer's log names which it is.",
    },
  } as const satisfies Partial<Record<AlarmName, AlarmDefinition>>;
}

function queueAlarms({ deadLetterQueue }: MonitoringProps) {
  const period = Duration.minutes(5);
  return {
    DeadLetterAge: {
      metric: deadLetterQueue.metricApproximateAgeOfOldestMessage({ statistic: "Maximum", period }),
      comparison: AT_LEAST,
      threshold: DEAD_LETTER_AGE_THRESHOLD.toSeconds(),
      periods: 1,
      missingData: TreatMissingData.NOT_BREACHING,
      description:
        `a parked event has waited for ${DEAD_LETTER_AGE_THRESHOLD.toDays()} days. SQS drops its message after ` +
        `${DEAD_LETTER_RETENTION.toDays()}; the event stays in the outbox table and is tried on, but the history of ` +
        "its failures goes. Read the message and repair the cause.",
    },
    DeadLetterDepth: {
      metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible({ statistic: "Maximum", period }),
      comparison: AT_LEAST,
      threshold: 1,
      // A requeuer that works takes every message that is due, so in a healthy system none is seen for long.
      periods: 3,
      missingData: TreatMissingData.NOT_BREACHING,
      description:
        "parked events are due and are not taken, for a quarter of an hour. The target is down, the requeuer does not " +
        "run, or the backlog is larger than a few runs. See whether OldestUndeliveredAge grows.",
    },
  } as const satisfies Partial<Record<AlarmName, AlarmDefinition>>;
}

function functionAlarms({ relay }: MonitoringProps) {
  return {
    IteratorAge: {
      metric: relay.metric("IteratorAge", { statistic: "Maximum", period: Duration.minutes(1) }),
      comparison: AT_LEAST,
      threshold: ITERATOR_AGE_THRESHOLD.toMilliseconds(),
      periods: 3,
      missingData: TreatMissingData.NOT_BREACHING,
      description:
        "the relay is behind its stream, which keeps records for 24 hours. Nothing is lost, since the sweep delivers " +
        "what it misses, but slower. Look for throttling of the relay or of the target, then raise concurrency or memoryMb.",
    },
    RelayErrors: {
      metric: relay.metricErrors({ statistic: "Sum", period: Duration.minutes(5) }),
      comparison: AT_LEAST,
      threshold: 1,
      periods: 1,
      missingData: TreatMissingData.NOT_BREACHING,
      description:
        "the relay crashed, timed out or could not start. A target that fails is no such error. Read its log; a " +
        "missing permission or a wrong environment variable is named there.",
    },
  } as const satisfies Partial<Record<AlarmName, AlarmDefinition>>;
}
