import { Duration } from "aws-cdk-lib";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { SQS_MESSAGE_BYTES } from "../contract/settings/sizes.ts";
import { acknowledgeDeadLetterQueueFindings } from "../synth/acknowledgements.ts";
import { DEFAULT_REMOVAL_POLICY } from "../synth/table-settings.ts";
import { REQUEUER_TIMEOUT } from "./functions/requeuer-function.ts";
import type { KeptOptions } from "./tables/kept-table.ts";

/** SQS keeps a message for 14 days at most. */
export const DEAD_LETTER_RETENTION = Duration.days(14);

/** A dead letter that a requeuer holds must not come back before that requeuer's time is over. */
const DEAD_LETTER_VISIBILITY = REQUEUER_TIMEOUT.plus(Duration.seconds(10));

/**
 * Makes the dead-letter queue. A dead letter is a wake-up with a history for people. The event's row stays in the
 * table, so no event is lost when a dead letter expires or is purged.
 */
export function createDeadLetterQueue(scope: Construct, id: string, kept: KeptOptions): Queue {
  const { encryptionKey, removalPolicy = DEFAULT_REMOVAL_POLICY } = kept;
  const queue = new Queue(scope, id, {
    // In a FIFO queue one message that waits out its backoff would block the others of its group.
    retentionPeriod: DEAD_LETTER_RETENTION,
    // A dead letter holds the whole event, and an event may have 400 KB in its row and more as JSON.
    maxMessageSizeBytes: SQS_MESSAGE_BYTES,
    visibilityTimeout: DEAD_LETTER_VISIBILITY,
    deliveryDelay: Duration.seconds(0),
    receiveMessageWaitTime: Duration.seconds(0),
    enforceSSL: true,
    ...(encryptionKey === undefined
      ? { encryption: QueueEncryption.SQS_MANAGED }
      : { encryption: QueueEncryption.KMS, encryptionMasterKey: encryptionKey }),
    removalPolicy,
    // No redrive policy: the requeuer tries for ever, and could not see a message that was moved elsewhere.
  });
  acknowledgeDeadLetterQueueFindings(queue);
  return queue;
}
