import { DeleteMessageBatchCommand, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";

/** Reads a FIFO queue as a consumer does, message by message, and deletes what it has read. */
export class QueueReader {
  /** Ids of events by group, in the order in which they came. */
  readonly received = new Map<string, string[]>();
  /** The events themselves, in the order in which they came. */
  readonly events: Readonly<Record<string, unknown>>[] = [];
  readonly #sqs: SQSClient;
  readonly #queueUrl: string;
  readonly #reading: Promise<void>;
  #stopped = false;

  constructor(sqs: SQSClient, queueUrl: string) {
    this.#sqs = sqs;
    this.#queueUrl = queueUrl;
    this.#reading = this.#read();
    // `stop` throws the error. Until then it must not count as unhandled.
    this.#reading.catch(() => {});
  }

  get count(): number {
    return [...this.received.values()].reduce((sum, ids) => sum + ids.length, 0);
  }

  /** @throws the error that ended the reader. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#reading;
  }

  async #read(): Promise<void> {
    while (!this.#stopped) {
      const { Messages: messages = [] } = await this.#sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: this.#queueUrl,
          MaxNumberOfMessages: 10,
          MessageSystemAttributeNames: ["MessageGroupId"],
          WaitTimeSeconds: 1,
        }),
      );
      if (messages.length === 0) continue;
      for (const { Attributes, Body = "{}" } of messages) {
        const group = Attributes?.["MessageGroupId"] ?? "";
        const event = JSON.parse(Body) as Readonly<Record<string, unknown>> & { readonly id: string };
        this.events.push(event);
        this.received.set(group, [...(this.received.get(group) ?? []), event.id]);
      }
      const entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await this.#sqs.send(new DeleteMessageBatchCommand({ QueueUrl: this.#queueUrl, Entries: entries }));
    }
  }
}
