import type { ITableV2 } from "aws-cdk-lib/aws-dynamodb";
import { Effect, Grant, type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { LEASE_PREFIX } from "../contract/item-contract.ts";
import {
  MESSAGE_KEY_ACTIONS,
  type Part,
  PUBLISH_ACTIONS,
  PUBLISH_KEY_ACTIONS,
  PUT_EVENTS_ACTION,
  QUEUE_ACTIONS,
  STREAM_ACTIONS,
  STREAM_LIST_ACTION,
  TABLE_KEY_ACTIONS,
  tableActions,
} from "../contract/permissions.ts";
import type { DeliverySettings } from "../contract/settings.ts";
import type { AwsTargetKind } from "../contract/target-kind.ts";

/** What each part may do, written out: the actions stand in lib/contract/permissions.ts. */

export interface RelayResources {
  readonly table: ITableV2;
  readonly streamArn: string;
  readonly deadLetterQueue: IQueue;
  readonly settings: { readonly delivery: DeliverySettings };
}

/** Reads the stream, looks rows up, deletes the delivered and marks the parked ones, sends messages. */
export function grantRelay(grantee: IGrantable, resources: RelayResources): void {
  allow(grantee, resources.streamArn, STREAM_ACTIONS);
  allow(grantee, "*", [STREAM_LIST_ACTION]);
  grantPart("relay", grantee, resources);
}

/** Sweeps the table, holds its lease there, drains the queue, checks that the table's time to live is off. */
export const grantRequeuer = (grantee: IGrantable, resources: RelayResources): void =>
  grantPart("requeuer", grantee, resources);

function grantPart(part: Part, grantee: IGrantable, { table, deadLetterQueue, settings }: RelayResources): void {
  allow(grantee, table.tableArn, tableActions(part, settings.delivery.ordering));
  grantTableKey(grantee, table);
  allow(grantee, deadLetterQueue.queueArn, QUEUE_ACTIONS[part]);
  deadLetterQueue.encryptionMasterKey?.grant(grantee, ...MESSAGE_KEY_ACTIONS);
}

/**
 * Puts events into the outbox, and raises counters where there are any. A put inside `TransactWriteItems` needs no other
 * action; a writer has no business reading, changing or deleting rows. What it puts cannot be a lease; the records of parked
 * keys cannot be told from events by their partition key, so what is read back of them is bounded (`read-back.ts`).
 */
export function grantWriter(grantee: IGrantable, table: ITableV2, counterTable: ITableV2 | undefined): Grant {
  if (counterTable !== undefined) {
    grantTableKey(grantee, counterTable);
    allow(grantee, counterTable.tableArn, ["dynamodb:GetItem", "dynamodb:UpdateItem"]);
  }
  grantTableKey(grantee, table);
  // Whatever else allows it to put: a lease that a writer put could keep the requeuer from its work.
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      effect: Effect.DENY,
      actions: ["dynamodb:PutItem"],
      resources: [table.tableArn],
      conditions: { "ForAnyValue:StringLike": { "dynamodb:LeadingKeys": [`${LEASE_PREFIX}*`] } },
    }),
  );
  return allow(grantee, table.tableArn, ["dynamodb:PutItem"]);
}

export function grantTableKey(grantee: IGrantable, { encryptionKey }: ITableV2): void {
  encryptionKey?.grant(grantee, ...TABLE_KEY_ACTIONS);
}

/**
 * A function in a VPC makes and removes its own network interfaces. None of these actions can name one before it exists.
 * What AWSLambdaVPCAccessExecutionRole allows, less the logs.
 */
export function grantNetworkInterfaces(grantee: IGrantable): void {
  allow(grantee, "*", [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
  ]);
}

function allow(grantee: IGrantable, resourceArn: string, actions: readonly string[]): Grant {
  return Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns: [resourceArn] });
}

/** Publishing to buses that nobody may look at, for they are another account's. */
export function grantPutEventsUnverified(grantee: IGrantable, busArns: readonly string[]): void {
  Grant.addToPrincipal({ grantee, actions: [PUT_EVENTS_ACTION], resourceArns: [...busArns] });
}

/** Publishing to resources of AWS, and the use of their customer-managed keys. */
export function grantPublishTo(
  grantee: IGrantable,
  kind: AwsTargetKind,
  resourceArns: readonly string[],
  keys: readonly (IKey | undefined)[] = [],
): void {
  Grant.addToPrincipal({ grantee, actions: [...PUBLISH_ACTIONS[kind]], resourceArns: [...resourceArns] });
  for (const key of keys) key?.grant(grantee, ...PUBLISH_KEY_ACTIONS[kind]);
}
