import { Alarm, AlarmRule, AlarmState, CompositeAlarm, type IAlarm } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { Construct } from "constructs";
import type { AlarmDefinition } from "./alarm-definition.ts";
import { archiveAlarms } from "./archive-alarms.ts";
import { auditAlarms } from "./audit-alarms.ts";
import { deliveryAlarms } from "./delivery-alarms.ts";
import { existenceAlarms } from "./existence-alarms.ts";
import { functionAlarms } from "./function-alarms.ts";
import { mathAlarms } from "./math-alarms.ts";
import type { MonitoringProps } from "./monitoring-props.ts";
import { runbookLinks } from "./runbook.ts";
import { sharedTableAlarms } from "./shared-table-alarms.ts";

/** In the order in which the dashboard lists them: the gravest first. */
export const ALARM_NAMES = [
  "OldestUndeliveredAgeCritical",
  "OldestUndeliveredAge",
  "OldestForeignAge",
  "RequeuerHeartbeatMissing",
  "IncompleteRuns",
  "TableMisconfigured",
  "TargetUnverified",
  "UnprotectedBuses",
  "BreakerOpen",
  "PermanentFailures",
  "MalformedRecords",
  "DeadLetterAge",
  "DeadLetterDepth",
  "IteratorAgeCritical",
  "IteratorAgeHigh",
  "IteratorAgeLate",
  "RelayErrors",
  "RelayThrottles",
  "AuditUnaccounted",
  "AuditMissing",
  "ReceiptsMissing",
] as const;
export type AlarmName = (typeof ALARM_NAMES)[number];

export const COMPOSITE_NAME = "DeliveryAtRisk";

/** Any of these means that events may stay undelivered until somebody acts. */
const DELIVERY_AT_RISK: readonly AlarmName[] = [
  "OldestUndeliveredAge",
  "OldestUndeliveredAgeCritical",
  "OldestForeignAge",
  "RequeuerHeartbeatMissing",
  "IncompleteRuns",
  "TableMisconfigured",
  "DeadLetterAge",
  "IteratorAgeCritical",
];

/** What every alarm needs to know. */
interface AlarmContext extends MonitoringProps {
  /** Where the runbook's section on an alarm is. */
  readonly runbook: (alarmName: string) => string;
}

/** Makes the alarms, and the composite one if it is wanted. Each reports to its topic, if there is one. */
export function createAlarms(scope: Construct, props: MonitoringProps): readonly IAlarm[] {
  const { metricMath, composite } = props.settings.alarms;
  const context = { ...props, runbook: runbookLinks(scope, props) };
  const plain = {
    ...deliveryAlarms(props),
    ...existenceAlarms(props),
    ...sharedTableAlarms(props),
    ...functionAlarms(props),
    ...archiveAlarms(props),
    ...auditAlarms(props),
  };
  const definitions: Partial<Record<AlarmName, AlarmDefinition>> = metricMath
    ? { ...plain, ...mathAlarms(props) }
    : plain;
  const alarms = ALARM_NAMES.flatMap((name): readonly (readonly [AlarmName, Alarm])[] => {
    const definition = definitions[name];
    return definition === undefined ? [] : [[name, createAlarm(scope, name, definition, context)]];
  });
  const all = alarms.map(([, alarm]) => alarm);
  if (!composite) return all;
  const atRisk = alarms.filter(([name]) => DELIVERY_AT_RISK.includes(name)).map(([, alarm]) => alarm);
  return [createComposite(scope, context, atRisk), ...all];
}

function createAlarm(scope: Construct, name: AlarmName, definition: AlarmDefinition, props: AlarmContext): Alarm {
  const alarm = new Alarm(scope, name, {
    alarmDescription: described(name, definition, props),
    metric: definition.metric,
    comparisonOperator: definition.comparison,
    threshold: definition.threshold,
    evaluationPeriods: definition.periods,
    datapointsToAlarm: definition.datapoints ?? definition.periods,
    treatMissingData: definition.missingData,
  });
  report(alarm, name, props);
  return alarm;
}

/** The alarm for a wall or a pager. */
function createComposite(scope: Construct, props: AlarmContext, alarms: readonly Alarm[]): CompositeAlarm {
  const composite = new CompositeAlarm(scope, COMPOSITE_NAME, {
    alarmDescription: described(
      COMPOSITE_NAME,
      {
        description:
          "delivery is at risk. Events are overdue, or nobody is left to deliver them. No event is lost while its row is in " +
          "the outbox table. See which of the alarms underneath is on, and do what it says.",
        command: "status",
      },
      props,
    ),
    alarmRule: AlarmRule.anyOf(...alarms.map((alarm) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM))),
  });
  report(composite, COMPOSITE_NAME, props);
  return composite;
}

/** The text of an alarm's mail: what it means, what to type, and where to read more. */
const described = (
  name: string,
  { description, command }: Pick<AlarmDefinition, "description" | "command">,
  { relayName, runbook, command: outboxRelay }: AlarmContext,
): string => `${relayName}: ${description} Type: \`${outboxRelay} ${command}\` ${runbook(name)}`;

function report(alarm: Alarm | CompositeAlarm, name: AlarmName | typeof COMPOSITE_NAME, props: MonitoringProps): void {
  const { alarmTopic, pageTopic = alarmTopic, settings } = props;
  const topic = isPage(name, settings.alarms.composite) ? pageTopic : alarmTopic;
  if (topic === undefined) return;
  const action = new SnsAction(topic);
  alarm.addAlarmAction(action);
  alarm.addOkAction(action);
}

/** One incident wakes somebody once: through the composite alarm or, without one, through the alarms it would combine. */
const isPage = (name: AlarmName | typeof COMPOSITE_NAME, composite: boolean): boolean =>
  composite || name === COMPOSITE_NAME ? name === COMPOSITE_NAME : DELIVERY_AT_RISK.includes(name);
