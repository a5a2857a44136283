import { CloudEvent } from "cloudevents";
import { sqsText } from "../../../lib/aws/sqs-text.ts";
import { unwrap } from "../../../lib/consumer/index.ts";
import type { OutboxEvent } from "../../../lib/contract/event.ts";
import { messageOf } from "../../../lib/targets/http/messages.ts";
import { recordOf } from "../../../lib/targets/kafka/record.ts";
import { rabbitMessage } from "../../../lib/targets/rabbitmq/message.ts";

/** What a consumer has of an event, as far as every target promises it. */
export interface Arrived {
  readonly id: unknown;
  readonly partitionkey?: unknown;
  readonly sequence?: unknown;
  readonly data?: unknown;
}

/** From an event to what a consumer reads of it: the product's own message, and the product's own reader or another's. */
export interface Wire {
  readonly name: string;
  readonly arrive: (event: OutboxEvent) => Arrived | undefined;
  /** The binding sends text as bytes, in which half of a surrogate pair becomes U+FFFD. JSON escapes it. */
  readonly bytes?: true;
  /** Only for events that keep CloudEvents: another's reader may refuse the others. */
  readonly conforming?: true;
}

const base64 = (text: string | Buffer): string => Buffer.from(text as string).toString("base64");

const first = (invocation: unknown): Arrived | undefined => unwrap(invocation)[0];

const sqsRecord = (body: string) => ({ messageId: "m", eventSource: "aws:sqs", body });

function kafkaInvocation(event: OutboxEvent) {
  const { headers, value } = recordOf(event, "t", 0);
  const named = [...(headers as Map<Buffer, Buffer>)].map(([name, bytes]) => ({ [String(name)]: [...bytes] }));
  return { records: { "t-0": [{ offset: 1, headers: named, value: base64(value as Buffer) }] } };
}

/** amqplib must be told the type of a number. */
const plainValue = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "value" in value ? value.value : value;

function rabbitInvocation(event: OutboxEvent) {
  const { content, options } = rabbitMessage(event);
  const headers = Object.entries(options.headers ?? {}).map(([name, value]) => [
    name,
    typeof value === "string" ? { bytes: [...Buffer.from(value)] } : plainValue(value),
  ]);
  const basicProperties = { contentType: options.contentType ?? null, headers: Object.fromEntries(headers) };
  return { rmqMessagesByQueue: { "q::/": [{ basicProperties, data: base64(content) }] } };
}

export const WIRES: readonly Wire[] = [
  { name: "Lambda", arrive: ({ json }) => first(JSON.parse(`[${json}]`)) },
  {
    name: "EventBridge",
    arrive: ({ json, source, type }) => first({ source, "detail-type": type, detail: JSON.parse(json) }),
  },
  { name: "SQS", arrive: ({ json }) => first({ Records: [sqsRecord(sqsText(json))] }) },
  {
    name: "SNS in SQS",
    arrive: ({ json }) =>
      first({ Records: [sqsRecord(JSON.stringify({ Type: "Notification", Message: sqsText(json) }))] }),
  },
  {
    name: "Kinesis",
    arrive: ({ json }) => first({ Records: [{ kinesis: { sequenceNumber: "1", data: base64(json) } }] }),
  },
  { name: "Kafka", bytes: true, arrive: (event) => first(kafkaInvocation(event)) },
  { name: "RabbitMQ", bytes: true, arrive: (event) => first(rabbitInvocation(event)) },
  {
    name: "HTTP, a batch",
    arrive: (event) => (JSON.parse(messageOf("batch", [event]).body) as Arrived[])[0],
  },
  {
    // It checks what it reads.
    name: "HTTP, read by the CloudEvents SDK",
    conforming: true,
    arrive: (event) => new CloudEvent(JSON.parse(messageOf("structured", [event]).body)),
  },
];
