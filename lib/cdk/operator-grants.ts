import type { Stack } from "aws-cdk-lib";
import type { ITableV2 } from "aws-cdk-lib/aws-dynamodb";
import { Grant, type IGrantable, type IRole } from "aws-cdk-lib/aws-iam";
import type { Alias, EventSourceMapping, Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Schedule } from "aws-cdk-lib/aws-scheduler";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import {
  ARCHIVE_LOOK_ACTIONS,
  INVOKE_ACTION,
  KEY_LOOK_ACTIONS,
  LOOK_ACTIONS,
  TOPIC_LOOK_ACTIONS,
} from "../contract/deployment/permissions.ts";
import type { TargetKind } from "../contract/deployment/target-kind.ts";
import { type ArchiveOfRelay, grantReadArchive, grantTableKey } from "../synth/grants.ts";

/** The resources that the command `outbox-relay` works on. */
export interface OperatedResources {
  readonly stack: Stack;
  readonly table: ITableV2;
  readonly streamArn: string;
  readonly journal: ITableV2;
  /** What the relay met and what was acknowledged. Absent: it is not kept. */
  readonly archive?: ArchiveOfRelay | undefined;
  readonly deadLetterQueue: IQueue;
  readonly relay: LambdaFunction;
  readonly liveRelay: Alias;
  readonly mapping: EventSourceMapping;
  readonly requeuer: LambdaFunction;
  readonly liveRequeuer: Alias;
  readonly schedule: Schedule;
  readonly schedulerRole: IRole;
  readonly targetKind: TargetKind;
  /** The functions are in a VPC. */
  readonly isInVpc: boolean;
  /** The target's resources that AWS can describe. */
  readonly targetArns: readonly string[];
  /** The target's customer-managed keys, as far as the app knows them. */
  readonly targetKeyArns: readonly string[];
  /** The topics that alarms report to. */
  readonly alarmTopics: readonly ITopic[];
}

/**
 * For reading: `status`, `list`, `show`, `journal`, `tail`, `doctor`, `dashboard`, `audit`. Payloads can be read with `--data`,
 * and in the archive, if it holds them.
 */
export function grantInspect(grantee: IGrantable, resources: OperatedResources): void {
  const { stack, table, streamArn, journal, deadLetterQueue, relay, requeuer, schedule, schedulerRole } = resources;
  const { liveRelay, liveRequeuer, targetKind, targetArns, targetKeyArns } = resources;
  allow(grantee, [stack.stackId], ["cloudformation:DescribeStacks"]);
  allow(
    grantee,
    [table.tableArn],
    ["dynamodb:Scan", "dynamodb:Query", "dynamodb:GetItem", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive"],
  );
  allow(grantee, [streamArn], ["dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords"]);
  allow(grantee, [journal.tableArn], ["dynamodb:Query"]);
  for (const each of [table, journal]) grantTableKey(grantee, each);
  if (resources.archive !== undefined) {
    const { bucket } = resources.archive;
    grantReadArchive(grantee, resources.archive);
    allow(grantee, [bucket.bucketArn], [...ARCHIVE_LOOK_ACTIONS]);
    if (bucket.encryptionKey !== undefined) allow(grantee, [bucket.encryptionKey.keyArn], [...KEY_LOOK_ACTIONS]);
  }
  allow(grantee, [deadLetterQueue.queueArn], ["sqs:GetQueueAttributes"]);
  allow(
    grantee,
    [liveRelay.functionArn, liveRequeuer.functionArn, relay.functionArn, requeuer.functionArn],
    ["lambda:GetFunctionConfiguration"],
  );
  // An alias may be named by the function's ARN or by its own.
  allow(
    grantee,
    [liveRelay.functionArn, liveRequeuer.functionArn, relay.functionArn, requeuer.functionArn],
    ["lambda:GetAlias"],
  );
  // A reserved concurrency belongs to the whole function.
  allow(grantee, [relay.functionArn, requeuer.functionArn], ["lambda:GetFunctionConcurrency"]);
  allow(grantee, [relay.logGroup.logGroupArn, requeuer.logGroup.logGroupArn], ["logs:FilterLogEvents"]);
  allow(grantee, [schedule.scheduleArn], ["scheduler:GetSchedule"]);
  if (targetArns.length > 0 && targetKind in LOOK_ACTIONS) {
    allow(grantee, [...targetArns], [...LOOK_ACTIONS[targetKind as keyof typeof LOOK_ACTIONS]]);
  }
  if (targetKeyArns.length > 0) allow(grantee, [...new Set(targetKeyArns)], [...KEY_LOOK_ACTIONS]);
  // The doctor looks for a way out of the functions' subnets. EC2 has no resources for these actions.
  if (resources.isInVpc) allow(grantee, ["*"], ["ec2:DescribeRouteTables", "ec2:DescribeVpcEndpoints"]);
  // The doctor asks IAM what the roles may do.
  const roles = [relay.role, requeuer.role, schedulerRole].flatMap((role) =>
    role === undefined ? [] : [role.roleArn],
  );
  allow(grantee, roles, ["iam:SimulatePrincipalPolicy"]);
  for (const { topicArn, masterKey } of resources.alarmTopics) {
    allow(grantee, [topicArn], [...TOPIC_LOOK_ACTIONS]);
    if (masterKey !== undefined) allow(grantee, [masterKey.keyArn], [...KEY_LOOK_ACTIONS]);
  }
  // These actions have no resources: they list mappings and alarms, and read metrics.
  allow(grantee, ["*"], ["lambda:ListEventSourceMappings", "cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms"]);
}

/** For acting: `retry`, `quarantine`, `release`, `discard`, `replay`, `pause`, `resume`, `put`. */
export function grantOperate(grantee: IGrantable, resources: OperatedResources): void {
  grantInspect(grantee, resources);
  const { table, journal, deadLetterQueue, relay, requeuer, liveRelay, liveRequeuer } = resources;
  const { mapping, schedule, schedulerRole } = resources;
  allow(
    grantee,
    [table.tableArn],
    ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"],
  );
  allow(grantee, [journal.tableArn], ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]);
  // A key that is parked by hand gets its dead letter like any other.
  allow(grantee, [deadLetterQueue.queueArn], ["sqs:SendMessage"]);
  // The doctor invokes both functions without work, and `resume` ends a reserved concurrency of 0.
  allow(grantee, [liveRelay.functionArn, liveRequeuer.functionArn], [INVOKE_ACTION]);
  allow(grantee, [relay.functionArn, requeuer.functionArn], ["lambda:DeleteFunctionConcurrency"]);
  allow(grantee, [mapping.eventSourceMappingArn], ["lambda:UpdateEventSourceMapping"]);
  allow(grantee, [schedule.scheduleArn], ["scheduler:UpdateSchedule"]);
  // Changing a schedule passes its role again.
  Grant.addToPrincipal({
    grantee,
    actions: ["iam:PassRole"],
    resourceArns: [schedulerRole.roleArn],
    conditions: { StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } },
  });
}

function allow(grantee: IGrantable, resourceArns: string[], actions: string[]): void {
  Grant.addToPrincipal({ grantee, actions, resourceArns });
}
