import type { Ordering } from "../settings/settings.ts";
import type { FunctionRole } from "./function-role.ts";
import type { AwsTargetKind } from "./target-kind.ts";

/**
 * The actions that each part needs: the construct grants them, and the operator's doctor asks IAM whether they still
 * are granted. The CDK's own grants (`grantReadWriteData`, `grantConsumeMessages`) allow more than is used, and name
 * KMS actions by wildcards.
 */

/** The event source mapping reads the stream with the relay's role. */
export const STREAM_ACTIONS = ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"] as const;
/** The mapping needs this too. The action takes no resource: it lists stream names and reads no data. */
export const STREAM_LIST_ACTION = "dynamodb:ListStreams";

const TABLE_ACTIONS = {
  // Looks rows up, deletes delivered rows, by key or by a statement with a condition, and marks parked rows.
  relay: [
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:UpdateItem",
  ],
  // Sweeps the table, holds its lease there, checks that its time to live is off.
  requeuer: [
    "dynamodb:Scan",
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:BatchWriteItem",
    "dynamodb:DescribeTable",
    "dynamodb:DescribeTimeToLive",
  ],
} as const satisfies Record<FunctionRole, readonly string[]>;

/**
 * Order per key: reads a key's rows, and makes its parked-key record in a transaction with a check of the failed row.
 * The other parts of a transaction need the actions of those parts, which are granted already.
 */
const ORDERED_TABLE_ACTIONS = ["dynamodb:Query", "dynamodb:ConditionCheckItem"] as const;

export const tableActions = (part: FunctionRole, ordering: Ordering): readonly string[] => [
  ...TABLE_ACTIONS[part],
  ...(ordering === "none" ? [] : ORDERED_TABLE_ACTIONS),
];

/** On the dead-letter queue. */
export const QUEUE_ACTIONS = {
  relay: ["sqs:SendMessage", "sqs:GetQueueAttributes"],
  requeuer: [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:SendMessage",
    "sqs:GetQueueAttributes",
  ],
} as const satisfies Record<FunctionRole, readonly string[]>;

/** DynamoDB uses a customer-managed key with the caller's permissions, for reads and writes alike. */
export const TABLE_KEY_ACTIONS = [
  "kms:Decrypt",
  "kms:DescribeKey",
  "kms:Encrypt",
  "kms:GenerateDataKey",
  "kms:ReEncryptFrom",
  "kms:ReEncryptTo",
] as const;

/** SQS and SNS encrypt with the sender's permissions. */
export const MESSAGE_KEY_ACTIONS = ["kms:GenerateDataKey", "kms:Decrypt"] as const;

/** The only action that another account can allow on its bus: it cannot allow a look at the bus. */
export const PUT_EVENTS_ACTION = "events:PutEvents";

/** On the target. The CDK's own grants allow more: versions and aliases of a function, `kms:GenerateDataKey*`. */
export const PUBLISH_ACTIONS = {
  // PutEvents answers success for a bus that does not exist, so the relay also looks the bus up.
  eventbridge: [PUT_EVENTS_ACTION, "events:DescribeEventBus"],
  sqs: ["sqs:SendMessage"],
  // PublishBatch has no action of its own.
  sns: ["sns:Publish"],
  kinesis: ["kinesis:PutRecords"],
  lambda: ["lambda:InvokeFunction"],
} as const satisfies Record<AwsTargetKind, readonly string[]>;

/** On the target's customer-managed key. An empty list: the relay does not use the key. */
export const PUBLISH_KEY_ACTIONS = {
  eventbridge: [],
  sqs: MESSAGE_KEY_ACTIONS,
  sns: MESSAGE_KEY_ACTIONS,
  // All that a producer needs: https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
  kinesis: ["kms:GenerateDataKey"],
  lambda: [],
} as const satisfies Record<AwsTargetKind, readonly string[]>;

/** With these an operator checks that the target exists. */
export const LOOK_ACTIONS = {
  eventbridge: ["events:DescribeEventBus"],
  sqs: ["sqs:GetQueueAttributes"],
  sns: ["sns:GetTopicAttributes"],
  kinesis: ["kinesis:DescribeStreamSummary"],
  // A function whose reserved concurrency is 0 exists, but refuses every call.
  lambda: ["lambda:GetFunctionConfiguration", "lambda:GetFunctionConcurrency"],
} as const satisfies Record<AwsTargetKind, readonly string[]>;

/** With these an operator checks whether an alarm's topic reaches anybody. */
export const TOPIC_LOOK_ACTIONS = ["sns:GetTopicAttributes"] as const;
/** With these an operator checks whether a key of a topic, or of the target, can be used. */
export const KEY_LOOK_ACTIONS = ["kms:DescribeKey", "kms:GetKeyPolicy"] as const;

/** Each object is written whole, under a name of its own. On the objects of the relay's own prefix. */
export const ARCHIVE_ACTIONS = ["s3:PutObject"] as const;
/** On the archive's customer-managed key. */
export const ARCHIVE_KEY_ACTIONS = ["kms:GenerateDataKey"] as const;
/** On the journal, and there on the items alone that say of which hours the archive may lack lines. */
export const ARCHIVE_GAP_ACTIONS = ["dynamodb:UpdateItem"] as const;
/**
 * With these an operator reads the archive: lists and reads what is under the relay's own prefix, uses the key, and sees for how
 * long the bucket keeps an object.
 */
export const ARCHIVE_READ_ACTIONS = {
  list: "s3:ListBucket",
  get: "s3:GetObject",
  key: "kms:Decrypt",
  lifecycle: "s3:GetLifecycleConfiguration",
} as const;

/** With these an operator checks how the archive's bucket is kept. */
export const ARCHIVE_LOOK_ACTIONS = [
  "s3:GetEncryptionConfiguration",
  "s3:GetBucketPublicAccessBlock",
  "s3:GetBucketPolicyStatus",
] as const;

/** With these a function audits on a schedule, beside those on the archive: on the outbox table, and on the journal. */
export const AUDIT_ACTIONS = {
  table: ["dynamodb:Scan"],
  journal: ["dynamodb:Query"],
} as const;

export const SECRET_ACTION = "secretsmanager:GetSecretValue";
/** On a secret's or parameter's customer-managed key. */
export const SECRET_KEY_ACTION = "kms:Decrypt";
export const PARAMETER_ACTION = "ssm:GetParameter";
/** With this the schedule starts the requeuer. */
export const INVOKE_ACTION = "lambda:InvokeFunction";
