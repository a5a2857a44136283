import { Duration } from "aws-cdk-lib";
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { readFields, readFlag, readMatch, refuse } from "../../contract/settings/setting-reader.ts";
import { SQS_MESSAGE_BYTES } from "../../contract/settings/sizes.ts";
import { acknowledgeTargetQueueFindings } from "../../synth/acknowledgements.ts";
import { readKeyOf, refuseKeyOfNothing } from "../../synth/key-setting.ts";
import type { KeptPolicy } from "../../synth/table-settings.ts";
import type { OutboxTarget } from "../shared/synth/outbox-target.ts";
import { sqsTarget } from "./factory.ts";

export interface SqsSettings {
  readonly kind: "sqs";
  /** @default the stack makes a queue */
  readonly queueArn?: string;
  readonly fifo: boolean;
  /** The customer-managed key of an existing queue. @default it has none */
  readonly keyArn?: string;
}

const QUEUE_ARN = /^arn:[\w-]+:sqs:[\w-]+:\d{12}:[\w-]{1,80}(\.fifo)?$/;

export function readSqsSettings(path: string, value: unknown): SqsSettings {
  const given = readFields(path, value, ["kind", "queueArn", "fifo", "keyArn"]);
  if (given.queueArn === undefined) {
    refuseKeyOfNothing(path, given.keyArn, "queueArn");
    return { kind: "sqs", fifo: readFlag(`${path}.fifo`, given.fifo ?? false) };
  }
  const allowed = "it must be the ARN of a queue, arn:<partition>:sqs:<region>:<account>:<name>";
  const queueArn = readMatch(`${path}.queueArn`, given.queueArn, QUEUE_ARN, allowed);
  const isFifo = queueArn.endsWith(".fifo");
  if (readFlag(`${path}.fifo`, given.fifo ?? isFifo) !== isFifo) {
    const reason = `the queue's name says ${isFifo}: leave fifo out where queueArn is given`;
    return refuse(`${path}.fifo`, given.fifo, reason);
  }
  return { kind: "sqs", queueArn, fifo: isFifo, ...readKeyOf(path, given.keyArn) };
}

export function sqsFromSettings(
  scope: Construct,
  { queueArn, fifo, keyArn }: SqsSettings,
  removalPolicy: KeptPolicy,
): OutboxTarget {
  return sqsTarget(
    queueArn === undefined
      ? createTargetQueue(scope, fifo, removalPolicy)
      : Queue.fromQueueAttributes(scope, "Queue", { queueArn, ...(keyArn !== undefined && { keyArn }) }),
  );
}

/** The events in this queue have left the outbox, so the queue is retained like the outbox table. */
function createTargetQueue(scope: Construct, fifo: boolean, removalPolicy: KeptPolicy): Queue {
  const queue = new Queue(scope, "Queue", {
    retentionPeriod: Duration.days(14),
    // The largest message that the relay sends.
    maxMessageSizeBytes: SQS_MESSAGE_BYTES,
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    removalPolicy,
    ...(fifo
      ? {
          fifo: true,
          // Off: the relay sets the event's id for deduplication, since equal content is not the same event.
          contentBasedDeduplication: false,
          // An event never changes its group, so this loses nothing and lifts the limit of 300 calls a second.
          deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
          fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
        }
      : {}),
  });
  acknowledgeTargetQueueFindings(queue);
  return queue;
}
