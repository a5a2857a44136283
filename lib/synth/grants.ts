import type { ITableV2 } from "aws-cdk-lib/aws-dynamodb";
import { Effect, Grant, type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { GAP_PARTITION } from "../contract/archive/archive-gap.ts";
import { relayPrefix } from "../contract/archive/archive-key.ts";
import type { FunctionRole } from "../contract/deployment/function-role.ts";
import {
  ARCHIVE_ACTIONS,
  ARCHIVE_GAP_ACTIONS,
  ARCHIVE_KEY_ACTIONS,
  ARCHIVE_READ_ACTIONS,
  AUDIT_ACTIONS,
  MESSAGE_KEY_ACTIONS,
  PUBLISH_ACTIONS,
  PUBLISH_KEY_ACTIONS,
  PUT_EVENTS_ACTION,
  QUEUE_ACTIONS,
  STREAM_ACTIONS,
  STREAM_LIST_ACTION,
  TABLE_KEY_ACTIONS,
  tableActions,
} from "../contract/deployment/permissions.ts";
import type { AwsTargetKind } from "../contract/deployment/target-kind.ts";
import { LEASE_PREFIX } from "../contract/item-contract.ts";
import type { DeliverySettings } from "../contract/settings/settings.ts";

/** What each part may do; the actions are listed in lib/contract/deployment/permissions.ts. */

export interface RelayResources {
  readonly table: ITableV2;
  readonly streamArn: string;
  readonly deadLetterQueue: IQueue;
  readonly settings: { readonly delivery: DeliverySettings };
}

/** Reads the stream, looks up rows, deletes delivered rows, marks parked ones, and sends dead letters. */
export function grantRelay(grantee: IGrantable, resources: RelayResources): void {
  allow(grantee, resources.streamArn, STREAM_ACTIONS);
  allow(grantee, "*", [STREAM_LIST_ACTION]);
  grantPart("relay", grantee, resources);
}

/** Sweeps the table, holds its lease there, drains the queue, checks that the table's time to live is off. */
export const grantRequeuer = (grantee: IGrantable, resources: RelayResources): void =>
  grantPart("requeuer", grantee, resources);

function grantPart(
  part: FunctionRole,
  grantee: IGrantable,
  { table, deadLetterQueue, settings }: RelayResources,
): void {
  allow(grantee, table.tableArn, tableActions(part, settings.delivery.ordering));
  grantTableKey(grantee, table);
  allow(grantee, deadLetterQueue.queueArn, QUEUE_ACTIONS[part]);
  deadLetterQueue.encryptionMasterKey?.grant(grantee, ...MESSAGE_KEY_ACTIONS);
}

/**
 * Puts events into the outbox, and raises counters if there are any. A put inside `TransactWriteItems` needs no other
 * action, and a writer need not read, change or delete rows. It cannot put a lease. It could put a parked key's record,
 * whose partition key is like an event's, so the values read back from such a record are bounded (`read-back.ts`).
 */
export function grantWriter(grantee: IGrantable, table: ITableV2, counterTable: ITableV2 | undefined): Grant {
  if (counterTable !== undefined) {
    grantTableKey(grantee, counterTable);
    allow(grantee, counterTable.tableArn, ["dynamodb:GetItem", "dynamodb:UpdateItem"]);
  }
  grantTableKey(grantee, table);
  // Denied whatever else allows it: a lease put by a writer could keep the requeuer from its work.
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

/** The part of an archive's bucket that is one relay's: a bucket may hold the objects of several. */
export interface ArchiveOfRelay {
  readonly bucket: IBucket;
  readonly relayName: string;
}

const objectsOf = ({ bucket, relayName }: ArchiveOfRelay): string => `${bucket.bucketArn}/${relayPrefix(relayName)}*`;

/**
 * Writes the archive's objects, and notes in the journal of which hours it may lack lines.
 *
 * @returns the one resource with a wildcard: names of objects are not known before they are written.
 */
export function grantArchive(grantee: IGrantable, archive: ArchiveOfRelay, journal: ITableV2): string {
  const objects = objectsOf(archive);
  allow(grantee, objects, ARCHIVE_ACTIONS);
  archive.bucket.encryptionKey?.grant(grantee, ...ARCHIVE_KEY_ACTIONS);
  Grant.addToPrincipal({
    grantee,
    actions: [...ARCHIVE_GAP_ACTIONS],
    resourceArns: [journal.tableArn],
    // What operators did, and the events that they set aside, are in the journal too.
    conditions: { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": [GAP_PARTITION] } },
  });
  grantTableKey(grantee, journal);
  return objects;
}

/**
 * Audits on a schedule: reads the table, the journal and the relay's own part of the archive.
 *
 * @returns the one resource with a wildcard.
 */
export function grantAudit(grantee: IGrantable, table: ITableV2, journal: ITableV2, archive: ArchiveOfRelay): string {
  allow(grantee, table.tableArn, AUDIT_ACTIONS.table);
  allow(grantee, journal.tableArn, AUDIT_ACTIONS.journal);
  for (const each of [table, journal]) grantTableKey(grantee, each);
  return grantReadArchive(grantee, archive);
}

/**
 * Reads what one relay has in an archive.
 *
 * @returns the one resource with a wildcard.
 */
export function grantReadArchive(grantee: IGrantable, archive: ArchiveOfRelay): string {
  const { bucket, relayName } = archive;
  const { list, get, key, lifecycle } = ARCHIVE_READ_ACTIONS;
  Grant.addToPrincipal({
    grantee,
    actions: [list],
    resourceArns: [bucket.bucketArn],
    conditions: { StringLike: { "s3:prefix": [`${relayPrefix(relayName)}*`] } },
  });
  allow(grantee, bucket.bucketArn, [lifecycle]);
  const objects = objectsOf(archive);
  allow(grantee, objects, [get]);
  bucket.encryptionKey?.grant(grantee, key);
  return objects;
}

export function grantTableKey(grantee: IGrantable, { encryptionKey }: ITableV2): void {
  encryptionKey?.grant(grantee, ...TABLE_KEY_ACTIONS);
}

/**
 * A function in a VPC makes and removes its own network interfaces. None of these actions can name an interface before
 * it exists. The same as AWSLambdaVPCAccessExecutionRole, without the logs.
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

/** Publishing to buses of other accounts, which may not be described. */
export function grantPutEventsUnverified(grantee: IGrantable, busArns: readonly string[]): void {
  Grant.addToPrincipal({ grantee, actions: [PUT_EVENTS_ACTION], resourceArns: [...busArns] });
}

/** Publishing to resources of AWS, and using their customer-managed keys. */
export function grantPublishTo(
  grantee: IGrantable,
  kind: AwsTargetKind,
  resourceArns: readonly string[],
  keys: readonly (IKey | undefined)[] = [],
): void {
  Grant.addToPrincipal({ grantee, actions: [...PUBLISH_ACTIONS[kind]], resourceArns: [...resourceArns] });
  for (const key of keys) key?.grant(grantee, ...PUBLISH_KEY_ACTIONS[kind]);
}
