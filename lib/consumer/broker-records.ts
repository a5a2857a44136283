import { DEFAULT_CONTENT_TYPE, isJsonContentType } from "../contract/codec/content-type.ts";
import { fieldsOf } from "../contract/foreign-value.ts";
import { shownKind } from "../contract/shown-value.ts";
import { asCloudEvent, type CloudEvent, decoded, NotACloudEventError, parseJson } from "./cloud-event.ts";
import { shownReceived } from "./shown-received.ts";

/** CloudEvents' Kafka binding: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md */
const KAFKA_PREFIX = /^ce_/;
/** Both spellings of the AMQP binding: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/amqp-protocol-binding.md */
const RABBIT_PREFIX = /^cloudevents[:_]/;

/** A value is `{ bytes: [...] }`, or as it is. */
type Header = readonly [name: string, value: unknown];

/**
 * A record of Kafka, in binary mode (attributes in headers) or in structured mode. Its value is base64, or null, which means
 * deletion in a compacted topic; its headers are a list of maps from a name to a list of bytes.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html
 */
export function kafkaEvent(record: unknown): CloudEvent {
  const { value, headers } = fieldsOf(record);
  const maps = Array.isArray(headers) ? headers : [];
  const named = maps.flatMap((map) =>
    Object.entries(fieldsOf(map)).map(([name, value]) => header(name, Array.isArray(value) ? { bytes: value } : value)),
  );
  const contentType = new Map(named).get("content-type");
  return brokerEvent("The Kafka record", { headers: named, prefix: KAFKA_PREFIX, contentType, value });
}

/**
 * A message of RabbitMQ, in binary or in structured mode. String headers are `{ bytes: [...] }`; numbers and booleans
 * are plain values.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html
 */
export function rabbitEvent(message: unknown): CloudEvent {
  const { basicProperties, data } = fieldsOf(message);
  const { contentType, headers } = fieldsOf(basicProperties);
  const named = Object.entries(fieldsOf(headers)).map(([name, value]) => header(name, value));
  return brokerEvent("The RabbitMQ message", { headers: named, prefix: RABBIT_PREFIX, contentType, value: data });
}

const header = (name: string, value: unknown): Header => [name.toLowerCase(), value];

/** A header's value, read only where it is used: a record may carry headers of any shape besides those of the event. */
function headerValue(name: string, value: unknown): unknown {
  const { bytes } = fieldsOf(value);
  if (Array.isArray(bytes) && bytes.every(isByte)) return Buffer.from(bytes).toString("utf8");
  if (typeof value !== "object" || value === null) return value;
  throw new NotACloudEventError(`The header ${shownReceived("header", name)} is neither bytes nor a plain value.`);
}

/** Java's bytes are signed. */
const isByte = (byte: unknown): byte is number => Number.isInteger(byte) && Number(byte) >= -128 && Number(byte) <= 255;

interface BrokerMessage {
  readonly headers: readonly Header[];
  readonly prefix: RegExp;
  readonly contentType: unknown;
  /** Base64. */
  readonly value: unknown;
}

function brokerEvent(what: string, { headers, prefix, contentType, value }: BrokerMessage): CloudEvent {
  const attributes = headers.flatMap(([name, attribute]) =>
    prefix.test(name) ? [[name.replace(prefix, ""), headerValue(name, attribute)] as const] : [],
  );
  const text = decoded(value);
  if (!attributes.some(([name]) => name === "id")) return asCloudEvent(parseJson(what, text));
  const type = headerValue("content-type", contentType) ?? undefined;
  if (type !== undefined && typeof type !== "string") {
    throw new NotACloudEventError(`${what}'s content type is ${shownKind(type)}: it must be a string.`);
  }
  return asCloudEvent({
    ...Object.fromEntries(attributes),
    ...(type === undefined ? {} : { datacontenttype: type }),
    ...dataOf(what, text, type ?? DEFAULT_CONTENT_TYPE),
  });
}

/**
 * For an event without data the relay sends an empty value. That is not JSON; with another content type it is an empty
 * string.
 */
function dataOf(what: string, text: unknown, contentType: string): { readonly data?: unknown } {
  if (text === undefined || text === null) return {};
  if (typeof text !== "string") throw new NotACloudEventError(`${what}'s value is ${shownKind(text)}, not a string.`);
  if (!isJsonContentType(contentType)) return { data: text };
  return text === "" ? {} : { data: parseJson(`${what}'s value`, text) };
}
