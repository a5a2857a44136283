import { type KafkaRecord, kafkaEvent, type RabbitRecord, rabbitEvent } from "./broker-records.ts";
import { asCloudEvent, type CloudEvent, isRecord, NotACloudEventError, parseJson } from "./cloud-event.ts";
import { type Delivery, type ReceivedRecord, wholeDelivery } from "./received-record.ts";

/** Which sources are answered record by record, beside SQS and Kinesis, whose mappings say so by themselves. */
export interface PartialAnswers {
  readonly kafka?: "partial" | undefined;
  readonly pipes?: "partial" | undefined;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Takes apart what a function is invoked with: by EventBridge, SQS, SNS, Kinesis, Kafka (managed or self-managed), RabbitMQ on
 * Amazon MQ, EventBridge Pipes, or the relay itself; and SNS notifications and EventBridge events inside SQS messages.
 *
 * @throws NotACloudEventError when it is none of those.
 */
export function readDelivery(invocation: unknown, partial: PartialAnswers = {}): Delivery {
  if (Array.isArray(invocation)) return listDelivery(invocation, partial);
  if (!isRecord(invocation)) throw unknownShape();
  if (isRecord(invocation["records"])) return kafkaDelivery(invocation["records"], partial);
  if (isRecord(invocation["rmqMessagesByQueue"])) return rabbitDelivery(invocation["rmqMessagesByQueue"]);
  const { Records: records } = invocation;
  if (!Array.isArray(records)) return wholeDelivery([() => fromEnvelope(invocation)]);
  const [first] = records;
  if (isRecord(first?.kinesis)) return { answer: "first-of-lane", records: records.map(kinesisRecord) };
  if (isRecord(first?.Sns)) {
    return wholeDelivery(
      records.map(
        ({ Sns }) =>
          () =>
            fromText("The SNS message", Sns.Message),
      ),
    );
  }
  if (first?.eventSource === SQS) return { answer: "each", records: records.map(sqsRecord) };
  throw unknownShape();
}

const unknownShape = () =>
  new NotACloudEventError(
    "The invocation is none by EventBridge, SQS, SNS, Kinesis, Kafka, RabbitMQ, EventBridge Pipes or the relay: pass Lambda's " +
      "own event on as it is.",
  );

const SQS = "aws:sqs";

interface SqsRecord {
  readonly messageId: string;
  readonly body: string;
  readonly eventSourceARN?: string;
  readonly attributes?: { readonly MessageGroupId?: string };
}

/**
 * Only a FIFO queue keeps order. In a standard one the group is a tenant, of a fair queue, whose messages are free of each other:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
 */
const sqsRecord = ({ messageId, body, eventSourceARN, attributes }: SqsRecord): ReceivedRecord => ({
  identifier: messageId,
  lane: eventSourceARN?.endsWith(".fifo") === true ? attributes?.MessageGroupId : undefined,
  read: () => fromText("The SQS message", body),
});

interface KinesisData {
  readonly sequenceNumber: string;
  readonly data: string;
}

const kinesisEvent = ({ data }: Pick<KinesisData, "data">): CloudEvent =>
  fromText("The Kinesis record", Buffer.from(data, "base64").toString("utf8"));

const kinesisRecord = ({ kinesis }: { readonly kinesis: KinesisData }): ReceivedRecord => ({
  identifier: kinesis.sequenceNumber,
  lane: "",
  read: () => kinesisEvent(kinesis),
});

const fromText = (what: string, text: string): CloudEvent => fromEnvelope(parseJson(what, text));

/** A CloudEvent as it is, or in the envelope of EventBridge or SNS. */
function fromEnvelope(value: unknown): CloudEvent {
  if (isRecord(value) && value["specversion"] === undefined) {
    if (typeof value["detail-type"] === "string") return asCloudEvent(value["detail"]);
    const { Type, Message } = value;
    if (Type === "Notification" && typeof Message === "string") return fromText("The SNS message", Message);
  }
  return asCloudEvent(value);
}

/** By partition, `my-topic-0`. Each keeps its order, whatever the others do, where Lambda can be told of each. */
function kafkaDelivery(partitions: Json, { kafka }: PartialAnswers): Delivery {
  const records = Object.entries(partitions).flatMap(([partition, records]) =>
    listOf<KafkaRecord>(records).map((record): ReceivedRecord => {
      const { offset } = record;
      return {
        identifier: offset === undefined ? undefined : { partition, offset },
        lane: partition,
        read: () => kafkaEvent(record),
      };
    }),
  );
  return { answer: kafka === "partial" ? "first-of-lane" : "error", records };
}

/** Lambda acknowledges a batch of RabbitMQ as a whole: https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html */
const rabbitDelivery = (queues: Json): Delivery =>
  wholeDelivery(
    Object.values(queues).flatMap((messages) =>
      listOf<RabbitRecord>(messages).map((message) => () => rabbitEvent(message)),
    ),
  );

const listOf = <Entry>(value: unknown): readonly Entry[] => (Array.isArray(value) ? value : []);

/**
 * A list is a batch of the relay's Lambda target, or one of EventBridge Pipes, whose records are as their sources have them, Kinesis
 * without its inner object. Pipes knows failures by SQS's message id and the event id of Kinesis; of others it takes no list.
 *
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html#pipes-partial-batch-failure
 */
function listDelivery(list: readonly unknown[], { pipes }: PartialAnswers): Delivery {
  const records = list.map(listRecord);
  const isTold = pipes === "partial" && records.every(({ identifier }) => identifier !== undefined);
  return { answer: isTold ? "each" : "error", records };
}

function listRecord(entry: unknown): ReceivedRecord {
  const alone = (read: () => CloudEvent): ReceivedRecord => ({ identifier: undefined, lane: "", read });
  if (!isRecord(entry)) return alone(() => asCloudEvent(entry));
  switch (entry["eventSource"]) {
    case SQS:
      return sqsRecord(entry as unknown as SqsRecord);
    case "aws:kinesis":
      return {
        identifier: entry["eventID"] as string | undefined,
        lane: "",
        read: () => kinesisEvent(entry as unknown as KinesisData),
      };
    case "aws:kafka":
    case "SelfManagedKafka":
      return alone(() => kafkaEvent(entry as KafkaRecord));
    case "aws:rmq":
      return alone(() => rabbitEvent(entry as RabbitRecord));
    default:
      return alone(() => fromEnvelope(entry));
  }
}
