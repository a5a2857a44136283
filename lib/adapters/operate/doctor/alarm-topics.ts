import { paginateDescribeAlarms } from "@aws-sdk/client-cloudwatch";
import type { Checked } from "./finding.ts";

/** An alarm as it is deployed, with the topics that it reports to. */
export interface ReportingAlarm {
  readonly arn: string;
  readonly name: string;
  readonly topics: readonly string[];
  /** Somebody can switch off what an alarm does, and leave the alarm. */
  readonly enabled: boolean;
}

/** The alarms of a relay: CloudFormation begins their names with the stack's, and their descriptions begin with the relay's. */
export async function reportingAlarms({ clients, deployment }: Checked): Promise<readonly ReportingAlarm[]> {
  const { stackName, relayName } = deployment;
  const query = {
    AlarmNamePrefix: `${stackName}-`,
    AlarmTypes: ["MetricAlarm" as const, "CompositeAlarm" as const],
  };
  const alarms: ReportingAlarm[] = [];
  for await (const { MetricAlarms: metric = [], CompositeAlarms: composite = [] } of paginateDescribeAlarms(
    { client: clients.cloudwatch },
    query,
  )) {
    for (const { AlarmDescription: description = "", ...alarm } of [...metric, ...composite]) {
      if (!description.startsWith(`${relayName}: `)) continue;
      const actions = [...(alarm.AlarmActions ?? []), ...(alarm.OKActions ?? [])];
      alarms.push({
        arn: alarm.AlarmArn ?? "",
        name: alarm.AlarmName ?? "",
        topics: [...new Set(actions.filter((arn) => /^arn:[^:]+:sns:/.test(arn)))],
        enabled: alarm.ActionsEnabled !== false,
      });
    }
  }
  return alarms;
}
