import { CloudEvent } from "cloudevents";
import { unwrap } from "../../../lib/consumer/index.ts";
import type { TargetKind } from "../../../lib/contract/deployment/target-kind.ts";
import type { OutboxEvent } from "../../../lib/contract/event.ts";
import type { PublishResult } from "../../../lib/core/ports.ts";
import * as eventBridge from "../../../lib/targets/eventbridge/entry.ts";
import * as http from "../../../lib/targets/http/messages.ts";
import { DEFAULT_HEADER_BYTES, type HttpMode } from "../../../lib/targets/http/settings.ts";
import * as kafka from "../../../lib/targets/kafka/record.ts";
import * as kinesis from "../../../lib/targets/kinesis/record.ts";
import * as lambda from "../../../lib/targets/lambda/payload.ts";
import { type NakadiShaping, nakadiEvent, unfitEvent } from "../../../lib/targets/nakadi/event.ts";
import { natsMessage } from "../../../lib/targets/nats/message.ts";
import * as rabbit from "../../../lib/targets/rabbitmq/message.ts";
import * as sns from "../../../lib/targets/sns/entry.ts";
import * as sqs from "../../../lib/targets/sqs/entry.ts";
import * as invocations from "../../consumer/invocations.ts";
import { type ReceivedEvent, receivedJson } from "../../servers/engine.ts";
import { violation } from "../../servers/nakadi/nakadi-schema.ts";
import { cloudEventsIn } from "../../servers/webhook/webhook-server.ts";

/** What a consumer has of an event, as far as every target promises it. */
export interface Arrived {
  readonly id: unknown;
  readonly partitionkey?: unknown;
  readonly sequence?: unknown;
  readonly data?: unknown;
}
export const PARTS: readonly (keyof Arrived)[] = ["id", "partitionkey", "sequence", "data"];

/** From an event to what a consumer reads of it: the publisher's own message, and the product's own reader or another's. */
export interface Wire {
  readonly kind: TargetKind;
  readonly name: string;
  /** The publisher's result for an event that it does not send, since the protocol has no room for a part of it. */
  readonly refusalOf?: (event: OutboxEvent) => PublishResult | undefined;
  readonly arrive: (event: OutboxEvent) => Arrived | undefined;
  /** What the target's own shape of an event holds. @default all */
  readonly parts?: readonly (keyof Arrived)[];
  /** The binding sends text as bytes, in which half of a surrogate pair becomes U+FFFD. JSON escapes it. */
  readonly bytes?: true;
  /** Only for events that keep CloudEvents: another's reader may refuse the others. */
  readonly conforming?: true;
}

/*
 * Each message is the one that the target's publisher builds. The envelope in which a function gets it is AWS's own, and
 * stands here, and in test/consumer/invocations.ts, as AWS describes it:
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html, and with-sqs, with-kinesis, with-msk and with-mq beside it.
 * The relay's own call has no envelope: a function gets the payload.
 */

const first = (invocation: unknown): Arrived | undefined => unwrap(invocation)[0];

/** A text as it is after its way in bytes. */
const sent = (text: string): string => Buffer.from(text).toString();

const fromSqs = (body = ""): Arrived | undefined => first(invocations.sqs(["m", sent(body)]));

function fromBus(event: OutboxEvent): Arrived | undefined {
  const { Source: source, DetailType, Detail = "" } = eventBridge.entryOf("orders", event);
  const account = { account: "111111111111", region: "eu-west-1", resources: [] };
  return first({ version: "0", id: "eb", source, "detail-type": DetailType, ...account, detail: JSON.parse(Detail) });
}

const notification = (event: OutboxEvent) => ({ Type: "Notification", Message: sns.entryOf(event, 0, false).Message });

export function kafkaInvocation(event: OutboxEvent) {
  const { headers, value } = kafka.recordOf(event, "t", 0);
  const named = [...(headers as Map<Buffer, Buffer>)].map(([name, bytes]) => ({ [String(name)]: [...bytes] }));
  return invocations.kafka({ offset: 1, headers: named, value: (value as Buffer).toString("base64") });
}

/** amqplib must be told the type of a number. */
const plainValue = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "value" in value ? value.value : value;

export function rabbitInvocation(event: OutboxEvent) {
  const { content, options } = rabbit.rabbitMessage(event);
  const headers = Object.entries(options.headers ?? {}).map(([name, value]) => [
    name,
    typeof value === "string" ? { bytes: [...Buffer.from(value)] } : plainValue(value),
  ]);
  const basicProperties = { contentType: options.contentType ?? null, headers: Object.fromEntries(headers) };
  return invocations.rabbitMq({ basicProperties, data: content.toString("base64") });
}

/** What brokers agree to unless told otherwise: https://www.rabbitmq.com/docs/configure (frame_max) */
const FRAME_MAX_BYTES = 131_072;

const arrivedOf = ({ attributes, data }: ReceivedEvent): Arrived => ({ ...attributes, id: attributes["id"], data });

/** Read by a receiver of the tests that follows the binding: the CloudEvents SDK leaves percent-encoding in headers. */
function fromHttp(mode: HttpMode, event: OutboxEvent): Arrived | undefined {
  const { headers, body } = http.messageOf(mode, [event]);
  return cloudEventsIn(headers, sent(body))?.map(arrivedOf)[0];
}

/** The product has no reader for NATS: a consumer reads the message as the binding says, here in JSON. */
function fromNats(event: OutboxEvent): Arrived | undefined {
  const { headers, payload } = natsMessage(event, "ORDERS");
  if (headers.get("Content-Type") !== "application/cloudevents+json") return undefined;
  const arrived = arrivedOf(receivedJson(sent(payload)));
  // A stream drops what has the message id of another event.
  const messageId = decodeURIComponent(headers.get("Nats-Msg-Id"));
  return messageId === String(arrived.id).toWellFormed() ? arrived : undefined;
}

const CLOUD_EVENTS: NakadiShaping = { events: "cloudevents", compacted: false };
const BUSINESS: NakadiShaping = { events: "business", compacted: false };

/**
 * The product has no reader for Nakadi, which checks an event by its schema and hands on its JSON, with more in
 * `metadata`. https://github.com/zalando/nakadi/blob/master/docs/_data/nakadi-event-bus-api.yaml
 */
function fromNakadi(event: OutboxEvent, shaping: NakadiShaping): Readonly<Record<string, unknown>> | undefined {
  const shaped = nakadiEvent(event, shaping);
  if (shaped.kind === "unfit") return undefined;
  const taken = JSON.parse(sent(shaped.text));
  const wrong = violation(taken, { name: "shop.order-placed", category: "business" });
  if (wrong !== undefined) throw new Error(`Nakadi refuses it: ${wrong}`);
  const { metadata: _metadata, ...own } = taken;
  return own;
}

/** Each kind of target, in every mode in which it sends a whole CloudEvent; and Nakadi's default, the payload alone. */
export const WIRES: readonly Wire[] = [
  { kind: "lambda", name: "Lambda", arrive: (event) => first(JSON.parse(lambda.payloadOf([event], "batch"))) },
  {
    kind: "lambda",
    name: "Lambda, one event a call",
    arrive: (event) => first(JSON.parse(lambda.payloadOf([event], "event"))),
  },
  { kind: "eventbridge", name: "EventBridge", refusalOf: eventBridge.unfitPart, arrive: fromBus },
  { kind: "sqs", name: "SQS", arrive: (event) => fromSqs(sqs.entryOf(event, 0, false).MessageBody) },
  {
    kind: "sns",
    name: "SNS",
    arrive: (event) => first({ Records: [{ EventSource: "aws:sns", Sns: notification(event) }] }),
  },
  { kind: "sns", name: "SNS in SQS", arrive: (event) => fromSqs(JSON.stringify(notification(event))) },
  {
    kind: "sns",
    name: "SNS in SQS, raw delivery",
    arrive: (event) => fromSqs(sns.entryOf(event, 0, false).Message),
  },
  {
    kind: "kinesis",
    name: "Kinesis",
    arrive: (event) => first(invocations.kinesis(kinesis.recordOf(event).Data.toString())),
  },
  { kind: "kafka", name: "Kafka", bytes: true, arrive: (event) => first(kafkaInvocation(event)) },
  {
    kind: "rabbitmq",
    name: "RabbitMQ",
    bytes: true,
    refusalOf: (event) => rabbit.unfitPart({ ...rabbit.rabbitMessage(event), routingKey: "orders" }, FRAME_MAX_BYTES),
    arrive: (event) => first(rabbitInvocation(event)),
  },
  { kind: "nats", name: "NATS", arrive: fromNats },
  { kind: "http", name: "HTTP, a batch", arrive: (event) => fromHttp("batch", event) },
  { kind: "http", name: "HTTP, structured", arrive: (event) => fromHttp("structured", event) },
  {
    // It checks what it reads.
    kind: "http",
    name: "HTTP, structured, read by the CloudEvents SDK",
    conforming: true,
    arrive: (event) => new CloudEvent(JSON.parse(http.messageOf("structured", [event]).body)),
  },
  {
    kind: "http",
    name: "HTTP, binary",
    bytes: true,
    refusalOf: (event) => http.unfitPart(http.messageOf("binary", [event]), DEFAULT_HEADER_BYTES),
    arrive: (event) => fromHttp("binary", event),
  },
  {
    kind: "nakadi",
    name: "Nakadi, the CloudEvent",
    refusalOf: (event) => unfitEvent(nakadiEvent(event, CLOUD_EVENTS)),
    arrive: (event) => {
      const own = fromNakadi(event, CLOUD_EVENTS);
      return own && { ...own, id: own["id"] };
    },
  },
  {
    kind: "nakadi",
    name: "Nakadi, the payload",
    parts: ["data"],
    refusalOf: (event) => unfitEvent(nakadiEvent(event, BUSINESS)),
    arrive: (event) => ({ id: undefined, data: fromNakadi(event, BUSINESS) }),
  },
];
