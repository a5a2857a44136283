import { PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateQueueCommand, DeleteMessageBatchCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { countMessages } from "../../dev/demo/backlog.ts";
import type { Clients } from "../../lib/local/clients.ts";
import type { Received } from "./verdict.ts";

const NAME = "SoakConsumer";
const QUEUE_NAME = `${NAME}.fifo`;
const QUEUE_ARN = `arn:aws:sqs:us-east-1:000000000000:${QUEUE_NAME}`;
/** One for all: the queue then keeps the order in which the bus took the events. */
const GROUP = "all";

/** A FIFO queue behind the bus, and the record of what was read from it. */
export class Consumer {
  readonly received: Received[] = [];
  readonly ids = new Set<string>();
  readonly #clients: Clients;
  readonly #busName: string;
  readonly #queueUrl: string;
  readonly #messages = new Set<string>();
  readonly #reading: Promise<void>;
  #stopped = false;

  private constructor(clients: Clients, busName: string, queueUrl: string) {
    this.#clients = clients;
    this.#busName = busName;
    this.#queueUrl = queueUrl;
    this.#reading = this.#read();
    // `stop` throws the error. Until then it must not count as unhandled.
    this.#reading.catch(() => {});
  }

  static async start(clients: Clients, busName: string): Promise<Consumer> {
    const { QueueUrl: queueUrl = "" } = await clients.sqs.send(
      new CreateQueueCommand({
        QueueName: QUEUE_NAME,
        Attributes: { FifoQueue: "true", ContentBasedDeduplication: "true" },
      }),
    );
    const consumer = new Consumer(clients, busName, queueUrl);
    await consumer.attach();
    return consumer;
  }

  /** Puts the rule (again): a bus that was deleted and made anew has none. */
  async attach(): Promise<void> {
    const rule = {
      EventBusName: this.#busName,
      Name: NAME,
      EventPattern: JSON.stringify({ source: [{ prefix: "" }] }),
    };
    await this.#clients.eventbridge.send(new PutRuleCommand(rule));
    await this.#clients.eventbridge.send(
      new PutTargetsCommand({
        ...{ EventBusName: this.#busName, Rule: NAME },
        Targets: [{ Id: "consumer", Arn: QUEUE_ARN, SqsParameters: { MessageGroupId: GROUP } }],
      }),
    );
  }

  /** How many messages the consumer has not read yet. */
  unread(): Promise<number> {
    return countMessages(this.#clients.sqs, this.#queueUrl);
  }

  /** @throws the error that ended the consumer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { sqs } = this.#clients;
    while (!this.#stopped) {
      const { Messages: messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: this.#queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      if (messages.length === 0) continue;
      for (const { MessageId: messageId = "", Body: body = "{}" } of messages) {
        // A message that is read twice, because its delete failed, counts once.
        if (this.#messages.has(messageId)) continue;
        this.#messages.add(messageId);
        const { detail } = JSON.parse(body) as { readonly detail: { readonly id: string; readonly data?: object } };
        const { of } = (detail.data ?? {}) as { readonly of?: unknown };
        this.received.push({ id: detail.id, of });
        this.ids.add(detail.id);
      }
      const entries = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: this.#queueUrl, Entries: entries }));
    }
  }
}
