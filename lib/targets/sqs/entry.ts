import type { SendMessageBatchRequestEntry } from "@aws-sdk/client-sqs";
import { sqsText } from "../../aws/sqs-text.ts";
import type { OutboxEvent } from "../../contract/event.ts";
import { fifoId } from "../shared/run/fifo-id.ts";
import { traceHeader } from "../shared/run/trace-header.ts";

/** The entry of SendMessageBatch: the CloudEvent is the body. */
export function entryOf(
  { id, orderingKey, traceparent, json }: OutboxEvent,
  index: number,
  isFifo: boolean,
): SendMessageBatchRequestEntry {
  const header = traceHeader(traceparent);
  return {
    Id: String(index),
    MessageBody: sqsText(json),
    ...(isFifo ? { MessageGroupId: fifoId(orderingKey ?? id), MessageDeduplicationId: fifoId(id) } : {}),
    ...(header === undefined
      ? {}
      : { MessageSystemAttributes: { AWSTraceHeader: { DataType: "String", StringValue: header } } }),
  };
}
