import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import { readEnvironment } from "../../../../lib/contract/deployment/environment.ts";
import type { FunctionRole } from "../../../../lib/contract/deployment/function-role.ts";
import { operatorClients } from "../../../../lib/operator/aws/clients.ts";
import type { Checked } from "../../../../lib/operator/aws/doctor/finding.ts";

export const RELAY_ROLE = "arn:aws:iam::123456789012:role/relay";
export const REQUEUER_ROLE = "arn:aws:iam::123456789012:role/requeuer";
export const SCHEDULE_ROLE = "arn:aws:iam::123456789012:role/schedule";
export const QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/123456789012/dead-letters";

export interface Deployed {
  /** The target, in the form of the functions' settings. */
  readonly target?: Readonly<Record<string, unknown>>;
  /** As the stack's output says it. @default "orders" */
  readonly targetName?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** @default there is none */
  readonly archive?: Readonly<Record<string, unknown>>;
  /** Functions that somebody has deleted. */
  readonly gone?: readonly FunctionRole[];
  /** True: the functions run in a VPC. */
  readonly vpcId?: string;
}

/** Lambda's answer for a function that is asked for by its alias. */
const arnOf = (name: string) => `arn:aws:lambda:us-east-1:123456789012:function:${name}:live`;

/** A deployment for the doctor to check. Its services are mocked. */
export function checked({
  target = { kind: "eventbridge", busName: "orders" },
  targetName = "orders",
  settings = {},
  archive,
  gone = [],
  vpcId,
}: Deployed = {}): Checked {
  const variables = {
    ...{ OUTBOX_TABLE_NAME: "outbox", DEAD_LETTER_QUEUE_URL: QUEUE_URL, POWERTOOLS_SERVICE_NAME: "orders" },
    ...{ OUTBOX_RELAY_SETTINGS: JSON.stringify(settings), OUTBOX_RELAY_TARGET: JSON.stringify(target) },
    ...(archive === undefined ? {} : { OUTBOX_RELAY_ARCHIVE: JSON.stringify(archive) }),
  };
  const relay: FunctionConfiguration = {
    ...{ FunctionName: "relay", FunctionArn: arnOf("relay"), Role: RELAY_ROLE },
    Environment: { Variables: variables },
    ...(vpcId === undefined ? {} : { VpcConfig: { VpcId: vpcId } }),
  };
  const requeuer = { ...relay, FunctionName: "requeuer", FunctionArn: arnOf("requeuer"), Role: REQUEUER_ROLE };
  const { settings: delivery, unknownSettings, relayName } = readEnvironment(variables);
  return {
    clients: operatorClients({ region: "us-east-1" }),
    caller: { arn: "arn:aws:iam::123456789012:user/person", account: "123456789012", clockOffsetMs: 0 },
    deployment: {
      ...{ stackName: "Orders", tableName: "outbox", journalTableName: "journal", deadLetterQueueUrl: QUEUE_URL },
      ...{ relayFunctionName: "relay", requeuerFunctionName: "requeuer", scheduleName: "schedule" },
      ...{
        targetName,
        dashboardName: "orders",
        relayName,
        settings: delivery,
        unknownSettings,
        minParkedMs: 70_000,
      },
      ...{ keepsOrder: delivery.ordering !== "none", variables },
      ...(gone.includes("relay") ? {} : { relay }),
      ...(gone.includes("requeuer") ? {} : { requeuer }),
    },
  };
}
