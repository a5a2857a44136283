import type { CloudEvent } from "./cloud-event.ts";

/**
 * By what an event source mapping for Kafka knows a record: the topic and number of its partition as one name, and its offset.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
 */
export interface KafkaPosition {
  /** `my-topic-0` */
  readonly partition: string;
  readonly offset: number;
}

/** One record of what a Lambda function is invoked with. */
export interface ReceivedRecord {
  /** By what its source knows it: SQS's message id, Kinesis's sequence number, a place in Kafka. */
  readonly identifier: string | KafkaPosition | undefined;
  /** Records of one message group are handled one after the other, up to a failure. Undefined: in a message group of its own. */
  readonly messageGroup: string | undefined;
  /** @throws NotACloudEventError when it holds none. */
  readonly read: () => CloudEvent;
}

export interface Delivery {
  /**
   * How failures are told.
   *
   * - `each`: by a list of all that failed, and what is behind them in their message group. The others do not come again.
   * - `first-of-message-group`: by the first of each message group: all from there on come again.
   * - `error`: by an error. Everything comes again.
   */
  readonly answer: "each" | "first-of-message-group" | "error";
  readonly records: readonly ReceivedRecord[];
}

/** What nobody can report one by one: in turn, since what fails brings the others back with it. */
export const wholeDelivery = (reads: readonly (() => CloudEvent)[]): Delivery => ({
  answer: "error",
  records: reads.map((read) => ({ identifier: undefined, messageGroup: "", read })),
});
