import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { type ReceivedEvent, receivedJson } from "./engine.ts";

/** Takes all messages out of a queue, until it answers with none. */
export async function drained(sqs: SQSClient, queueUrl: string): Promise<readonly ReceivedEvent[]> {
  const events: ReceivedEvent[] = [];
  for (;;) {
    const { Messages: messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ["All"],
      }),
    );
    if (messages.length === 0) return events;
    events.push(...messages.map(eventOf));
    const entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }));
  }
}

function eventOf({ Body = "", Attributes = {} }: Message): ReceivedEvent {
  const dedupId = Attributes.MessageDeduplicationId;
  return { ...receivedJson(Body), ...(dedupId === undefined ? {} : { dedupId }) };
}
