import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import type { ContextEntry } from "@aws-sdk/client-iam";
import { DescribeKeyCommand } from "@aws-sdk/client-kms";
import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { GAP_PARTITION } from "../../../contract/archive/archive-gap.ts";
import { relayPrefix } from "../../../contract/archive/archive-key.ts";
import { readEnvironment } from "../../../contract/deployment/environment.ts";
import type { FunctionRole } from "../../../contract/deployment/function-role.ts";
import { liveArnOf } from "../../../contract/deployment/live-alias.ts";
import {
  ARCHIVE_ACTIONS,
  ARCHIVE_GAP_ACTIONS,
  ARCHIVE_KEY_ACTIONS,
  INVOKE_ACTION,
  MESSAGE_KEY_ACTIONS,
  PARAMETER_ACTION,
  PUBLISH_ACTIONS,
  PUBLISH_KEY_ACTIONS,
  PUT_EVENTS_ACTION,
  QUEUE_ACTIONS,
  SECRET_ACTION,
  STREAM_ACTIONS,
  STREAM_LIST_ACTION,
  TABLE_KEY_ACTIONS,
  tableActions,
} from "../../../contract/deployment/permissions.ts";
import { errorName } from "../../../contract/telemetry/error-name.ts";
import { type DescribedTarget, foreignArn } from "../../../targets/shared/doctor/aws-target.ts";
import { findSchedule } from "../aws-switches.ts";
import type { OperatorClients } from "../clients.ts";
import { targetOf } from "../deployment.ts";
import { ifThere, isMissing } from "../deployment-fault.ts";
import { explained } from "../operator-error.ts";
import { customerKeyOf } from "./archive-check.ts";
import type { Checked } from "./finding.ts";
import { AWS_TARGETS, isAwsTarget } from "./target-doctors.ts";
import type { Unasked } from "./target-findings.ts";

/** That somebody may do these actions on a resource. */
export interface Need {
  readonly actions: readonly string[];
  /** Any one of them: how a policy spells a resource is not always known. */
  readonly resources: readonly string[];
  /** What a policy's conditions ask of the call. @default nothing */
  readonly context?: readonly ContextEntry[];
}

/** That a role may. */
export interface PermissionQuestion extends Need {
  readonly role: string;
  readonly roleArn: string;
}

/** What to ask IAM about, and the resources that could not be looked up. */
export interface PermissionQuestions {
  readonly questions: readonly PermissionQuestion[];
  readonly unasked: readonly Unasked[];
}

/** What the roles of relay, requeuer and schedule must be allowed, on the resources as they are. */
export async function questionsFor(checked: Checked): Promise<PermissionQuestions> {
  const { clients, deployment } = checked;
  const { ordering } = deployment.settings;
  const unasked: Unasked[] = [];
  // The check of a part tells that it is gone. The roles are asked about the other parts all the same.
  const [schedule, table = NOWHERE, queue = NOWHERE] = await Promise.all([
    ifThere(findSchedule(clients, deployment)),
    ifThere(describeTable(checked)),
    ifThere(describeQueue(checked)),
  ]);
  const { relay, requeuer } = deployment;
  const shared = [
    ...(await keyNeeds(clients, table.keyId, TABLE_KEY_ACTIONS, unasked)),
    ...(await keyNeeds(clients, queue.keyId, MESSAGE_KEY_ACTIONS, unasked)),
    ...secretNeeds(targetOf(deployment), relay ?? requeuer ?? {}),
    ...(await targetNeeds(checked, unasked)),
    ...archiveNeeds(checked),
    ...(await archiveKeyNeeds(checked, unasked)),
  ];
  const needsOf = (part: FunctionRole): readonly Need[] => [
    ...needOf(tableActions(part, ordering), table.arn),
    ...needOf(QUEUE_ACTIONS[part], queue.arn),
    ...shared,
  ];
  const questionsOf = (
    role: string,
    roleArn: string | undefined,
    needs: readonly Need[],
  ): readonly PermissionQuestion[] => (roleArn === undefined ? [] : needs.map((need) => ({ role, roleArn, ...need })));
  const reading = [...needOf(STREAM_ACTIONS, table.streamArn), { actions: [STREAM_LIST_ACTION], resources: ["*"] }];
  const invoking = needOf([INVOKE_ACTION], requeuer?.FunctionArn && liveArnOf(requeuer.FunctionArn));
  const questions = [
    ...questionsOf("relay", relay?.Role, [...reading, ...needsOf("relay")]),
    ...questionsOf("requeuer", requeuer?.Role, needsOf("requeuer")),
    ...questionsOf("schedule", schedule?.Target?.RoleArn, invoking),
  ];
  return { questions, unasked };
}

const NOWHERE: { readonly arn?: string; readonly streamArn?: string; readonly keyId?: string | undefined } = {};

const needOf = (actions: readonly string[], resource: string | undefined): readonly Need[] =>
  resource === undefined ? [] : [{ actions, resources: [resource] }];

async function describeTable({ clients, deployment }: Checked) {
  const { Table: table } = await clients.dynamodb.send(new DescribeTableCommand({ TableName: deployment.tableName }));
  const { TableArn: arn, LatestStreamArn: streamArn, SSEDescription: encryption } = table ?? {};
  return { arn, streamArn, keyId: encryption?.KMSMasterKeyArn };
}

async function describeQueue({ clients, deployment }: Checked) {
  const { Attributes: attributes = {} } = await clients.sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: deployment.deadLetterQueueUrl,
      AttributeNames: ["QueueArn", "KmsMasterKeyId"],
    }),
  );
  return { arn: attributes["QueueArn"], keyId: attributes["KmsMasterKeyId"] };
}

/**
 * Looks a resource up. The check of the target tells one that is missing. One that cannot be looked up is noted, and
 * the others are asked about.
 */
async function lookUp<Answer>(
  resource: Pick<Unasked, "kind" | "name">,
  ask: () => Promise<Answer>,
  unasked: Unasked[],
): Promise<Answer | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isMissing(error)) return undefined;
    if (explained(error) === undefined) throw error;
    unasked.push({ ...resource, errorName: errorName(error) });
    return undefined;
  }
}

async function keyNeeds(
  clients: OperatorClients,
  keyId: string | undefined,
  actions: readonly string[],
  unasked: Unasked[],
): Promise<readonly Need[]> {
  if (keyId === undefined || actions.length === 0) return [];
  const arn = await lookUp({ kind: "key", name: keyId }, () => customerKeyArn(clients, keyId), unasked);
  return arn === undefined ? [] : [{ actions, resources: [arn] }];
}

async function targetNeeds({ clients, deployment }: Checked, unasked: Unasked[]): Promise<readonly Need[]> {
  const deployed = targetOf(deployment);
  const { kind } = deployed;
  if (!isAwsTarget(kind)) return [];
  const doctor = AWS_TARGETS[kind];
  const addresses = doctor.destinations(deployed).map(({ address }) => address);
  // The ARN of another account's resource is known although nobody here may describe it.
  const theirs = addresses.flatMap((address) => foreignArn(doctor, address, deployment.relay?.FunctionArn) ?? []);
  const ours = addresses.filter((address) => foreignArn(doctor, address, deployment.relay?.FunctionArn) === undefined);
  const described = await Promise.all(
    ours.map((name) => lookUp({ kind: "destination", name }, () => doctor.describe(clients, name), unasked)),
  );
  const there = described.filter((each): each is DescribedTarget => each !== undefined);
  const keys = await Promise.all(
    there.map(({ keyId }) => keyNeeds(clients, keyId, PUBLISH_KEY_ACTIONS[kind], unasked)),
  );
  return [
    ...there.map(({ arn }) => ({ actions: PUBLISH_ACTIONS[kind], resources: [arn] })),
    ...theirs.map((arn) => ({
      actions: kind === "eventbridge" ? [PUT_EVENTS_ACTION] : PUBLISH_ACTIONS[kind],
      resources: [arn],
    })),
    ...keys.flat(),
  ];
}

/** Objects of the relay's own in the archive, and the journal's items on missing lines. */
function archiveNeeds({ deployment: { variables, relayName, relay, requeuer } }: Checked): readonly Need[] {
  const { archive } = readEnvironment(variables);
  if (archive === undefined) return [];
  const [, partition, , region, account] = ((relay ?? requeuer)?.FunctionArn ?? "").split(":");
  return [
    {
      actions: ARCHIVE_ACTIONS,
      resources: [`arn:${partition}:s3:::${archive.bucket}/${relayPrefix(relayName)}object`],
    },
    {
      actions: ARCHIVE_GAP_ACTIONS,
      resources: [`arn:${partition}:dynamodb:${region}:${account}:table/${archive.journal}`],
      context: [
        {
          ...{ ContextKeyName: "dynamodb:LeadingKeys", ContextKeyType: "stringList" },
          ContextKeyValues: [GAP_PARTITION],
        },
      ],
    },
  ];
}

/** The key of the archive's bucket. Whether the bucket itself is there, the check of the archive tells. */
async function archiveKeyNeeds({ clients, deployment }: Checked, unasked: Unasked[]): Promise<readonly Need[]> {
  const { archive } = readEnvironment(deployment.variables);
  if (archive === undefined) return [];
  const name = archive.bucket;
  const keyId = await lookUp({ kind: "bucket", name }, async () => customerKeyOf(await clients.s3(), name), unasked);
  return keyNeeds(clients, keyId, ARCHIVE_KEY_ACTIONS, unasked);
}

/** The ARN of a key that is the customer's. AWS's own keys serve whoever may use the service. */
async function customerKeyArn({ kms }: OperatorClients, keyId: string): Promise<string | undefined> {
  if (keyId.startsWith("alias/aws/")) return undefined;
  const { KeyMetadata: key } = await kms.send(new DescribeKeyCommand({ KeyId: keyId }));
  return key?.KeyManager === "CUSTOMER" ? key.Arn : undefined;
}

/** The secrets that a target's settings name, wherever they stand in them. */
function secretNeeds(deployed: unknown, relay: FunctionConfiguration): readonly Need[] {
  if (typeof deployed !== "object" || deployed === null) return [];
  const { secretArn, parameterName } = deployed as Readonly<Record<string, unknown>>;
  if (typeof secretArn === "string") {
    // An import by name knows no more than the name; Secrets Manager ends the ARN with six characters of its own.
    return [{ actions: [SECRET_ACTION], resources: [secretArn, `${secretArn}-AbCdEf`] }];
  }
  if (typeof parameterName === "string") {
    const [, partition, , region, account] = (relay.FunctionArn ?? "").split(":");
    const resource = `arn:${partition}:ssm:${region}:${account}:parameter/${parameterName.replace(/^\//, "")}`;
    return [{ actions: [PARAMETER_ACTION], resources: [resource] }];
  }
  return Object.values(deployed).flatMap((each) => secretNeeds(each, relay));
}
