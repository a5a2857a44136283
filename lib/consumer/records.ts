import { fieldsOf, isRecord } from "../contract/foreign-value.ts";
import { kafkaEvent, rabbitEvent } from "./broker-records.ts";
import { asCloudEvent, type CloudEvent, decoded, NotACloudEventError, parseJson } from "./cloud-event.ts";
import { type Delivery, type ReceivedRecord, wholeDelivery } from "./received-record.ts";

/** The sources that are answered record by record, besides SQS and Kinesis. */
export interface PartialAnswers {
  readonly kafka?: "partial" | undefined;
  readonly pipes?: "partial" | undefined;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads the records of an invocation by EventBridge, SQS, SNS, Kinesis, Kafka (managed or self-managed), RabbitMQ on
 * Amazon MQ, EventBridge Pipes, or the relay itself; and SNS notifications and EventBridge events inside SQS messages.
 *
 * @throws NotACloudEventError when it is none of these.
 */
export function readDelivery(invocation: unknown, partial: PartialAnswers = {}): Delivery {
  if (Array.isArray(invocation)) return listDelivery(invocation, partial);
  if (!isRecord(invocation)) throw unknownShape();
  // Checked first: an event may have an attribute called records.
  if (isEnvelope(invocation)) return wholeDelivery([() => fromEnvelope(invocation)]);
  if (isRecord(invocation["records"])) return kafkaDelivery(invocation["records"], partial);
  if (isRecord(invocation["rmqMessagesByQueue"])) return rabbitDelivery(invocation["rmqMessagesByQueue"]);
  const { Records: records } = invocation;
  if (!Array.isArray(records)) return wholeDelivery([() => fromEnvelope(invocation)]);
  // The first one may be damaged: then it fails by itself, and its neighbours are handled.
  const first = fieldsOf(records.find(isRecord));
  if (isRecord(first["kinesis"])) return { answer: "first-of-message-group", records: records.map(kinesisRecord) };
  if (isRecord(first["Sns"])) return wholeDelivery(records.map((record) => () => snsEvent(record)));
  if (first["eventSource"] === SQS) return { answer: "each", records: records.map(sqsRecord) };
  throw unknownShape();
}

const unknownShape = () =>
  new NotACloudEventError(
    "The invocation is not one by EventBridge, SQS, SNS, Kinesis, Kafka, RabbitMQ, EventBridge Pipes or the relay: pass Lambda's " +
      "event on unchanged.",
  );

const SQS = "aws:sqs";

/**
 * Only a FIFO queue keeps order. In a standard queue the group is a tenant of a fair queue, whose messages do not wait
 * for each other:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
 */
function sqsRecord(record: unknown): ReceivedRecord {
  const { messageId, body, eventSourceARN, attributes } = fieldsOf(record);
  const isFifo = textIn(eventSourceARN)?.endsWith(".fifo") === true;
  return {
    identifier: textIn(messageId),
    messageGroup: isFifo ? textIn(fieldsOf(attributes)["MessageGroupId"]) : undefined,
    read: () => fromText("The SQS message", body),
  };
}

const textIn = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

const kinesisEvent = (record: unknown): CloudEvent => fromText("The Kinesis record", decoded(fieldsOf(record)["data"]));

function kinesisRecord(record: unknown): ReceivedRecord {
  const { kinesis } = fieldsOf(record);
  return {
    identifier: textIn(fieldsOf(kinesis)["sequenceNumber"]),
    messageGroup: "",
    read: () => kinesisEvent(kinesis),
  };
}

const snsEvent = (record: unknown): CloudEvent =>
  fromText("The SNS message", fieldsOf(fieldsOf(record)["Sns"])["Message"]);

const fromText = (what: string, text: unknown): CloudEvent => fromEnvelope(parseJson(what, text));

const isEnvelope = (value: Json): boolean =>
  value["specversion"] !== undefined || typeof value["detail-type"] === "string";

/** A bare CloudEvent, or one in the envelope of EventBridge or SNS. */
function fromEnvelope(value: unknown): CloudEvent {
  if (isRecord(value) && value["specversion"] === undefined) {
    if (typeof value["detail-type"] === "string") return asCloudEvent(value["detail"]);
    const { Type, Message } = value;
    if (Type === "Notification" && typeof Message === "string") return fromText("The SNS message", Message);
  }
  return asCloudEvent(value);
}

/** By partition, `my-topic-0`. Each partition keeps its order independently, if Lambda accepts a position for each. */
function kafkaDelivery(partitions: Json, { kafka }: PartialAnswers): Delivery {
  const records = Object.entries(partitions).flatMap(([partition, records]) =>
    listOf(records).map((record): ReceivedRecord => {
      const { offset } = fieldsOf(record);
      return {
        identifier: typeof offset === "number" ? { partition, offset } : undefined,
        messageGroup: partition,
        read: () => kafkaEvent(record),
      };
    }),
  );
  return { answer: kafka === "partial" ? "first-of-message-group" : "error", records };
}

/** Lambda acknowledges a batch of RabbitMQ as a whole: https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html */
const rabbitDelivery = (queues: Json): Delivery =>
  wholeDelivery(
    Object.values(queues).flatMap((messages) => listOf(messages).map((message) => () => rabbitEvent(message))),
  );

/**
 * @throws NotACloudEventError for anything but a list: the batch may be answered as a success only after all records
 * were read.
 */
function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw unknownShape();
}

/**
 * Reads a list: a batch of the relay's Lambda target, or one of EventBridge Pipes. Records of Pipes have their sources'
 * shape, those of Kinesis without the inner object. Pipes identifies failures by SQS's message id or Kinesis's event
 * id; for other sources it takes no list of failures.
 *
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html#pipes-partial-batch-failure
 */
function listDelivery(list: readonly unknown[], { pipes }: PartialAnswers): Delivery {
  const records = list.map(listRecord);
  const isTold = pipes === "partial" && records.every(({ identifier }) => identifier !== undefined);
  return { answer: isTold ? "each" : "error", records };
}

function listRecord(entry: unknown): ReceivedRecord {
  const alone = (read: () => CloudEvent): ReceivedRecord => ({ identifier: undefined, messageGroup: "", read });
  if (!isRecord(entry)) return alone(() => asCloudEvent(entry));
  switch (entry["eventSource"]) {
    case SQS:
      return sqsRecord(entry);
    case "aws:kinesis":
      return {
        identifier: textIn(entry["eventID"]),
        messageGroup: "",
        read: () => kinesisEvent(entry),
      };
    case "aws:kafka":
    case "SelfManagedKafka":
      return alone(() => kafkaEvent(entry));
    case "aws:rmq":
      return alone(() => rabbitEvent(entry));
    default:
      return alone(() => fromEnvelope(entry));
  }
}
