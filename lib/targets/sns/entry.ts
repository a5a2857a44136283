import type { PublishBatchRequestEntry } from "@aws-sdk/client-sns";
import { sqsText } from "../../aws/sqs-text.ts";
import type { OutboxEvent } from "../../contract/event.ts";
import { fifoId } from "../shared/run/fifo-id.ts";
import { messageAttributes } from "./attributes.ts";

/** The entry of PublishBatch: the CloudEvent is the message. */
export function entryOf(event: OutboxEvent, index: number, isFifo: boolean): PublishBatchRequestEntry {
  const { id, orderingKey, json } = event;
  return {
    Id: String(index),
    // Queues are the usual subscribers, so the text is in a form that queues take.
    Message: sqsText(json),
    MessageAttributes: messageAttributes(event),
    ...(isFifo ? { MessageGroupId: fifoId(orderingKey ?? id), MessageDeduplicationId: fifoId(id) } : {}),
  };
}
