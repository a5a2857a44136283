import type { CloudEvent } from "./cloud-event.ts";

/**
 * How an event source mapping for Kafka identifies a record: partition (topic and number in one name) and offset.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
 */
export interface KafkaPosition {
  /** `my-topic-0` */
  readonly partition: string;
  readonly offset: number;
}

/** One record of a Lambda invocation. */
export interface ReceivedRecord {
  /** How its source identifies it: SQS's message id, Kinesis's sequence number, a position in Kafka. */
  readonly identifier: string | KafkaPosition | undefined;
  /**
   * Records of one message group are handled one after the other, up to a failure. Undefined: the record has a group to
   * itself.
   */
  readonly messageGroup: string | undefined;
  /** @throws NotACloudEventError when it holds none. */
  readonly read: () => CloudEvent;
}

export interface Delivery {
  /**
   * How failures are reported.
   *
   * - `each`: as a list of all failed records and those behind them in their message group. The others do not come
   * again.
   * - `first-of-message-group`: as the first failed record of each message group: all from there on come again.
   * - `error`: as an error. The whole batch comes again.
   */
  readonly answer: "each" | "first-of-message-group" | "error";
  readonly records: readonly ReceivedRecord[];
}

/** A delivery whose records cannot be reported one by one. They are handled in turn, since one failure brings all back. */
export const wholeDelivery = (reads: readonly (() => CloudEvent)[]): Delivery => ({
  answer: "error",
  records: reads.map((read) => ({ identifier: undefined, messageGroup: "", read })),
});
