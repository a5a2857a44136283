import { type CompositeAlarm, type MetricAlarm, paginateDescribeAlarms } from "@aws-sdk/client-cloudwatch";
import { RELAY_DIMENSION } from "../../../contract/telemetry/metrics.ts";
import type { Deployment } from "../deployment.ts";
import type { Checked } from "./finding.ts";

/** An alarm as it is deployed, with the topics that it reports to. */
export interface ReportingAlarm {
  readonly arn: string;
  readonly name: string;
  readonly topics: readonly string[];
  /** Somebody can switch off what an alarm does, and leave the alarm. */
  readonly enabled: boolean;
}

/**
 * The alarms of a relay: CloudFormation begins their names with the stack's, and their descriptions begin with the relay's. One that is
 * shown without a description, as an emulator shows it, is known by what it measures, and a composite one by what it is made of.
 */
export async function reportingAlarms({ clients, deployment }: Checked): Promise<readonly ReportingAlarm[]> {
  const query = {
    AlarmNamePrefix: `${deployment.stackName}-`,
    AlarmTypes: ["MetricAlarm" as const, "CompositeAlarm" as const],
  };
  const metricAlarms: MetricAlarm[] = [];
  const composites: CompositeAlarm[] = [];
  for await (const { MetricAlarms: metric = [], CompositeAlarms: composite = [] } of paginateDescribeAlarms(
    { client: clients.cloudwatch },
    query,
  )) {
    metricAlarms.push(...metric);
    composites.push(...composite);
  }
  const measuring = metricAlarms.filter((alarm) => isDescribed(alarm, deployment) ?? isMeasured(alarm, deployment));
  const above = composites.filter((alarm) => isDescribed(alarm, deployment) ?? standsAbove(alarm, measuring));
  return [...measuring, ...above].map(reporting);
}

type AnyAlarm = MetricAlarm | CompositeAlarm;

const reporting = (alarm: AnyAlarm): ReportingAlarm => {
  const actions = [...(alarm.AlarmActions ?? []), ...(alarm.OKActions ?? [])];
  return {
    arn: alarm.AlarmArn ?? "",
    name: alarm.AlarmName ?? "",
    topics: [...new Set(actions.filter((arn) => /^arn:[^:]+:sns:/.test(arn)))],
    enabled: alarm.ActionsEnabled !== false,
  };
};

/** Undefined where it is shown without a description, which says nothing. */
const isDescribed = ({ AlarmDescription: text = "" }: AnyAlarm, { relayName }: Deployment): boolean | undefined =>
  text === "" ? undefined : text.startsWith(`${relayName}: `);

/** It measures the relay itself, one of its functions, or its dead-letter queue. */
function isMeasured({ Dimensions: own = [], Metrics: math = [] }: MetricAlarm, deployment: Deployment): boolean {
  const { relayName, relayFunctionName, requeuerFunctionName, deadLetterQueueUrl } = deployment;
  const ours: Readonly<Record<string, readonly (string | undefined)[]>> = {
    [RELAY_DIMENSION]: [relayName],
    FunctionName: [relayFunctionName, requeuerFunctionName],
    QueueName: [deadLetterQueueUrl.split("/").at(-1)],
  };
  const dimensions = [...own, ...math.flatMap(({ MetricStat }) => MetricStat?.Metric?.Dimensions ?? [])];
  return dimensions.some(({ Name: name = "", Value: value }) => ours[name]?.includes(value) === true);
}

/** Its rule names alarms by their names or by their ARNs, which end with them. */
const standsAbove = ({ AlarmRule: rule = "" }: CompositeAlarm, alarms: readonly MetricAlarm[]): boolean =>
  alarms.some(({ AlarmName: name = "" }) => rule.includes(`${name}"`) || rule.includes(`${name})`));
