import { isJsonContentType } from "../core/codec/content-type.ts";
import { asCloudEvent, type CloudEvent, isRecord, NotACloudEventError, parseJson } from "./cloud-event.ts";

/** One record of what a Lambda function is invoked with. */
export interface ReceivedRecord {
  /** By what Lambda knows it: SQS's message id, Kinesis's sequence number. */
  readonly recordId: string | undefined;
  /** Records of one lane are handled one after the other. Undefined: in a lane of its own. */
  readonly lane: string | undefined;
  /** @throws NotACloudEventError when it holds none. */
  readonly read: () => CloudEvent;
}

/** How Lambda wants to hear of failures. */
export type Delivery =
  /** One by one, and in a FIFO queue all that follow in the group. */
  | { readonly kind: "sqs"; readonly records: readonly ReceivedRecord[] }
  /** By the first that failed: all from there on come again. */
  | { readonly kind: "kinesis"; readonly records: readonly ReceivedRecord[] }
  /** By an error: everything comes again. */
  | { readonly kind: "whole"; readonly records: readonly ReceivedRecord[] };

/**
 * Takes apart what a function is invoked with: by EventBridge, SQS, SNS, Kinesis, Kafka (managed or self-managed), or the
 * relay itself; and SNS notifications and EventBridge events inside SQS messages.
 *
 * @throws NotACloudEventError when it is none of those.
 */
export function readDelivery(invocation: unknown): Delivery {
  if (Array.isArray(invocation)) return whole(invocation.map((event) => () => asCloudEvent(event)));
  if (!isRecord(invocation)) throw unknownShape();
  const { Records: records } = invocation;
  if (isRecord(invocation["records"])) return kafka(invocation["records"]);
  if (!Array.isArray(records)) return whole([() => fromEnvelope(invocation)]);
  const [first] = records;
  if (isRecord(first?.kinesis)) return { kind: "kinesis", records: records.map(kinesisRecord) };
  if (isRecord(first?.Sns))
    return whole(
      records.map(
        ({ Sns }) =>
          () =>
            fromText("The SNS message", Sns.Message),
      ),
    );
  if (first?.eventSource === "aws:sqs") return { kind: "sqs", records: records.map(sqsRecord) };
  throw unknownShape();
}

const unknownShape = () =>
  new NotACloudEventError(
    "The invocation is none by EventBridge, SQS, SNS, Kinesis, Kafka or the relay: pass Lambda's own event on as it is.",
  );

const whole = (reads: readonly (() => CloudEvent)[]): Delivery => ({
  kind: "whole",
  // In turn: what fails brings the others back with it.
  records: reads.map((read) => ({ recordId: undefined, lane: "", read })),
});

interface SqsRecord {
  readonly messageId: string;
  readonly body: string;
  readonly attributes?: { readonly MessageGroupId?: string };
}

const sqsRecord = ({ messageId, body, attributes }: SqsRecord): ReceivedRecord => ({
  recordId: messageId,
  lane: attributes?.MessageGroupId,
  read: () => fromText("The SQS message", body),
});

interface KinesisRecord {
  readonly kinesis: { readonly sequenceNumber: string; readonly data: string };
}

const kinesisRecord = ({ kinesis: { sequenceNumber, data } }: KinesisRecord): ReceivedRecord => ({
  recordId: sequenceNumber,
  lane: "",
  read: () => fromText("The Kinesis record", textOf(data)),
});

const textOf = (base64: string): string => Buffer.from(base64, "base64").toString("utf8");

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

interface KafkaRecord {
  readonly value?: string | null;
  /** One map for each header, its value as a list of bytes. */
  readonly headers?: readonly Readonly<Record<string, readonly number[]>>[];
}

function kafka(partitions: Readonly<Record<string, unknown>>): Delivery {
  const records = Object.values(partitions).flatMap((records) =>
    Array.isArray(records) ? (records as KafkaRecord[]) : [],
  );
  return whole(records.map((record) => () => kafkaEvent(record)));
}

const BINARY_PREFIX = "ce_";

/** The CloudEvents Kafka binding, in binary mode (attributes in headers) and in structured mode. */
function kafkaEvent({ value, headers = [] }: KafkaRecord): CloudEvent {
  const named = new Map(
    headers.flatMap((header) =>
      Object.entries(header).map(([name, bytes]) => [name.toLowerCase(), Buffer.from(bytes).toString("utf8")] as const),
    ),
  );
  const text = value === undefined || value === null ? undefined : textOf(value);
  if (!named.has(`${BINARY_PREFIX}id`)) return fromText("The Kafka record", text ?? "null");
  const attributes = [...named].flatMap(([name, attribute]) =>
    name.startsWith(BINARY_PREFIX) ? [[name.slice(BINARY_PREFIX.length), attribute] as const] : [],
  );
  const datacontenttype = named.get("content-type");
  return asCloudEvent({
    ...Object.fromEntries(attributes),
    ...(datacontenttype === undefined ? {} : { datacontenttype }),
    ...(text === undefined ? {} : { data: dataOf(text, datacontenttype) }),
  });
}

const dataOf = (text: string, contentType: string | undefined): unknown =>
  isJsonContentType(contentType ?? "application/json") ? parseJson("The Kafka record's value", text) : text;
