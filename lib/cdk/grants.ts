import type { ITableV2 } from "aws-cdk-lib/aws-dynamodb";
import { Grant, type IGrantable } from "aws-cdk-lib/aws-iam";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { RelaySettings } from "./relay-settings.ts";

/**
 * What each part may do, written out. The CDK's own grants (`grantReadWriteData`, `grantConsumeMessages`) allow more
 * than is used, and name KMS actions by wildcards.
 */

export interface RelayResources {
  readonly table: ITableV2;
  readonly streamArn: string;
  readonly deadLetterQueue: IQueue;
  readonly settings: Pick<RelaySettings, "delivery">;
}

/** Reads the stream, looks rows up, deletes the delivered and marks the parked ones, sends messages. */
export function grantRelay(grantee: IGrantable, resources: RelayResources): void {
  const { table, streamArn, deadLetterQueue } = resources;
  allow(grantee, streamArn, ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"]);
  // The event source mapping asks for it, and the action knows no resource: it lists stream names and reads no data.
  allow(grantee, "*", ["dynamodb:ListStreams"]);
  allow(grantee, table.tableArn, [
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:UpdateItem",
    ...orderedActions(resources),
  ]);
  grantTableKey(grantee, table);
  allow(grantee, deadLetterQueue.queueArn, ["sqs:SendMessage", "sqs:GetQueueAttributes"]);
  grantQueueKey(grantee, deadLetterQueue);
}

/** Sweeps the table, holds its lease there, drains the queue, checks that the table's time to live is off. */
export function grantRequeuer(grantee: IGrantable, resources: RelayResources): void {
  const { table, deadLetterQueue } = resources;
  allow(grantee, table.tableArn, [
    "dynamodb:Scan",
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:DescribeTable",
    "dynamodb:DescribeTimeToLive",
    ...orderedActions(resources),
  ]);
  grantTableKey(grantee, table);
  allow(grantee, deadLetterQueue.queueArn, [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:SendMessage",
    "sqs:GetQueueAttributes",
  ]);
  grantQueueKey(grantee, deadLetterQueue);
}

/**
 * Order per key: reads a key's rows, and makes its gate in a transaction with a check of the failed row. What else a
 * transaction does needs the actions of its parts, which are granted already.
 */
const orderedActions = ({ settings }: RelayResources): readonly string[] =>
  settings.delivery.ordering === "none" ? [] : ["dynamodb:Query", "dynamodb:ConditionCheckItem"];

/**
 * Puts events into the outbox, and raises counters where there are any. A put inside `TransactWriteItems` needs no other
 * action; a writer has no business reading, changing or deleting rows.
 */
export function grantWriter(grantee: IGrantable, table: ITableV2, counterTable: ITableV2 | undefined): Grant {
  if (counterTable !== undefined) {
    grantTableKey(grantee, counterTable);
    allow(grantee, counterTable.tableArn, ["dynamodb:GetItem", "dynamodb:UpdateItem"]);
  }
  grantTableKey(grantee, table);
  return allow(grantee, table.tableArn, ["dynamodb:PutItem"]);
}

/** DynamoDB uses a customer-managed key with the caller's permissions, for reads and writes alike. */
export function grantTableKey(grantee: IGrantable, { encryptionKey }: ITableV2): void {
  encryptionKey?.grant(
    grantee,
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
  );
}

function grantQueueKey(grantee: IGrantable, { encryptionMasterKey }: IQueue): void {
  encryptionMasterKey?.grant(grantee, "kms:GenerateDataKey", "kms:Decrypt");
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

function allow(grantee: IGrantable, resourceArn: string, actions: string[]): Grant {
  return Grant.addToPrincipal({ grantee, actions, resourceArns: [resourceArn] });
}
