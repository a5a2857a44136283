import {
  DeleteRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
} from "@aws-sdk/client-sqs";
import type { Clients } from "../../lib/local/clients.ts";
import { type Arrival, Arrivals } from "./arrivals.ts";

export interface SubscriberOptions {
  readonly clients: Clients;
  readonly busName: string;
  /** Names the queue and the rule. */
  readonly name: string;
  /** Called for every copy of every event, in the order of reading. */
  readonly onArrival?: (arrival: Arrival) => void;
}

export interface Subscriber {
  readonly arrivals: Arrivals;
  /** Rejects when reading the queue failed for good; never resolves before {@link Subscriber.stop}. */
  readonly reading: Promise<void>;
  /** Puts the rule, also again: a bus that was deleted and recreated has none. */
  attach(): Promise<void>;
  /** Stops reading. */
  stop(): Promise<void>;
  /** Removes the rule and the queue. */
  remove(): Promise<void>;
}

const READERS = 3;
const TARGET_ID = "subscriber";
/** Long polling: an empty queue answers after this long. */
const WAIT_SECONDS = 1;

/** Attaches a queue to the bus that catches every event, and reads it until stopped. */
export async function subscribe({ clients, busName, name, onArrival }: SubscriberOptions): Promise<Subscriber> {
  const { sqs, eventbridge } = clients;
  const { QueueUrl: queueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const { Attributes: attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["QueueArn"] }),
  );
  const queueArn = attributes?.["QueueArn"];
  const stopping = new AbortController();
  const arrivals = new Arrivals();

  async function attach(): Promise<void> {
    // Matches every event: every source begins with the empty string.
    const pattern = JSON.stringify({ source: [{ prefix: "" }] });
    await eventbridge.send(new PutRuleCommand({ Name: name, EventBusName: busName, EventPattern: pattern }));
    await eventbridge.send(
      new PutTargetsCommand({ Rule: name, EventBusName: busName, Targets: [{ Id: TARGET_ID, Arn: queueArn }] }),
    );
  }

  async function read(): Promise<void> {
    while (!stopping.signal.aborted) {
      const { Messages: messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: WAIT_SECONDS,
          MessageSystemAttributeNames: ["SentTimestamp"],
        }),
        { abortSignal: stopping.signal },
      );
      for (const message of messages) {
        const arrival = arrivals.note(noteOf(message));
        if (arrival !== undefined) {
          onArrival?.(arrival);
        }
      }
      if (messages.length > 0) {
        const entries = messages.map((message, index) => ({ Id: String(index), ReceiptHandle: message.ReceiptHandle }));
        // A message whose delete failed is read again and recognised by its id, so failures need no handling.
        await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }));
      }
    }
  }

  await attach();
  const reading = Promise.all(Array.from({ length: READERS }, read)).then(
    () => {},
    (error: unknown) => {
      // Stopping cuts off the receives that wait; their errors mean nothing.
      if (!stopping.signal.aborted) {
        throw error;
      }
    },
  );
  // A caller may await it later; until then a failure must not end the process as an unhandled rejection.
  reading.catch(() => {});
  return {
    arrivals,
    reading,
    attach,
    async stop() {
      stopping.abort();
      await reading;
    },
    async remove() {
      await eventbridge.send(new RemoveTargetsCommand({ Rule: name, EventBusName: busName, Ids: [TARGET_ID] }));
      await eventbridge.send(new DeleteRuleCommand({ Name: name, EventBusName: busName }));
      await sqs.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));
    },
  };
}

const noteOf = (message: Message) => ({
  messageId: message.MessageId ?? "",
  body: message.Body ?? "null",
  sentAtMs: Number(message.Attributes?.["SentTimestamp"] ?? Date.now()),
});
