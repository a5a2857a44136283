import { DEFAULT_CONTENT_TYPE, isJsonContentType } from "../core/codec/content-type.ts";
import { asCloudEvent, type CloudEvent, isRecord, parseJson } from "./cloud-event.ts";

/** A record of Kafka, as Lambda and EventBridge Pipes hand it over. */
export interface KafkaRecord {
  readonly offset?: number;
  /** Base64. Null, or missing, means deletion in a compacted topic. */
  readonly value?: string | null;
  /** One map for each header, its value as a list of bytes. */
  readonly headers?: readonly Readonly<Record<string, readonly number[]>>[] | null;
}

/** A message of RabbitMQ, as Lambda and EventBridge Pipes hand it over. */
export interface RabbitRecord {
  readonly basicProperties?: {
    readonly contentType?: string | null;
    /** A text comes as `{ bytes: [...] }`; numbers and booleans as they are. */
    readonly headers?: Readonly<Record<string, unknown>> | null;
  };
  /** Base64. */
  readonly data?: string | null;
}

/** CloudEvents' Kafka binding: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md */
const KAFKA_PREFIX = /^ce_/;
/** Both spellings of the AMQP binding: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/amqp-protocol-binding.md */
const RABBIT_PREFIX = /^cloudevents[:_]/;

const utf8Of = (bytes: readonly number[]): string => Buffer.from(bytes).toString("utf8");

/** A record of Kafka, in binary mode (attributes in headers) or in structured mode. */
export function kafkaEvent({ value, headers }: KafkaRecord): CloudEvent {
  const named = (headers ?? []).flatMap((header) =>
    Object.entries(header).map(([name, bytes]) => [name.toLowerCase(), utf8Of(bytes)] as const),
  );
  const contentType = new Map(named).get("content-type");
  return brokerEvent("The Kafka record", { headers: named, prefix: KAFKA_PREFIX, contentType, text: textOf(value) });
}

/**
 * A message of RabbitMQ, in binary or in structured mode.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html
 */
export function rabbitEvent({ basicProperties = {}, data }: RabbitRecord): CloudEvent {
  const headers = Object.entries(basicProperties.headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), plainValue(value)] as const,
  );
  const contentType = basicProperties.contentType ?? undefined;
  return brokerEvent("The RabbitMQ message", { headers, prefix: RABBIT_PREFIX, contentType, text: textOf(data) });
}

const plainValue = (value: unknown): unknown =>
  isRecord(value) && Array.isArray(value["bytes"]) ? utf8Of(value["bytes"]) : value;

const textOf = (base64: string | null | undefined): string | undefined =>
  base64 === undefined || base64 === null ? undefined : Buffer.from(base64, "base64").toString("utf8");

interface BrokerMessage {
  readonly headers: readonly (readonly [name: string, value: unknown])[];
  readonly prefix: RegExp;
  readonly contentType: string | undefined;
  readonly text: string | undefined;
}

function brokerEvent(what: string, { headers, prefix, contentType, text }: BrokerMessage): CloudEvent {
  const attributes = headers.flatMap(([name, value]) =>
    prefix.test(name) ? [[name.replace(prefix, ""), value] as const] : [],
  );
  if (!attributes.some(([name]) => name === "id")) return asCloudEvent(parseJson(what, text ?? "null"));
  return asCloudEvent({
    ...Object.fromEntries(attributes),
    ...(contentType === undefined ? {} : { datacontenttype: contentType }),
    ...dataOf(what, text, contentType ?? DEFAULT_CONTENT_TYPE),
  });
}

/** The relay sends an event without data with an empty value, which is no JSON; of another type, it is an empty text. */
function dataOf(what: string, text: string | undefined, contentType: string): { readonly data?: unknown } {
  if (text === undefined) return {};
  if (!isJsonContentType(contentType)) return { data: text };
  return text === "" ? {} : { data: parseJson(`${what}'s value`, text) };
}
