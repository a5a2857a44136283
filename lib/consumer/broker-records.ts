import { DEFAULT_CONTENT_TYPE, isJsonContentType } from "../contract/codec/content-type.ts";
import { asCloudEvent, type CloudEvent, decoded, fieldsOf, parseJson } from "./cloud-event.ts";

/** CloudEvents' Kafka binding: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md */
const KAFKA_PREFIX = /^ce_/;
/** Both spellings of the AMQP binding: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/amqp-protocol-binding.md */
const RABBIT_PREFIX = /^cloudevents[:_]/;

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
    Object.entries(fieldsOf(map)).map(([name, bytes]) => header(name, textOf(bytes))),
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
  const named = Object.entries(fieldsOf(headers)).map(([name, value]) =>
    header(name, Array.isArray(fieldsOf(value)["bytes"]) ? textOf(fieldsOf(value)["bytes"]) : value),
  );
  return brokerEvent("The RabbitMQ message", { headers: named, prefix: RABBIT_PREFIX, contentType, value: data });
}

const header = (name: string, value: unknown): Header => [name.toLowerCase(), value];

const textOf = (bytes: unknown): unknown => (Array.isArray(bytes) ? Buffer.from(bytes).toString("utf8") : bytes);

interface BrokerMessage {
  readonly headers: readonly Header[];
  readonly prefix: RegExp;
  readonly contentType: unknown;
  /** Base64. */
  readonly value: unknown;
}

function brokerEvent(what: string, { headers, prefix, contentType, value }: BrokerMessage): CloudEvent {
  const attributes = headers.flatMap(([name, attribute]) =>
    prefix.test(name) ? [[name.replace(prefix, ""), attribute] as const] : [],
  );
  const text = decoded(value);
  if (!attributes.some(([name]) => name === "id")) return asCloudEvent(parseJson(what, text));
  const type = typeof contentType === "string" ? contentType : undefined;
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
  if (!isJsonContentType(contentType)) return { data: text };
  return text === "" ? {} : { data: parseJson(`${what}'s value`, text) };
}
