import type { Options } from "amqplib";
import { binaryMode } from "../../contract/codec/binary-mode.ts";
import type { OutboxEvent } from "../../contract/event.ts";
import type { PublishResult } from "../../core/ports.ts";
import { tooLong } from "../shared/run/carriable.ts";

export interface RabbitMessage {
  readonly content: Buffer;
  readonly options: Options.Publish;
}

/**
 * Consumers must understand both spellings that CloudEvents allows, `cloudEvents:` and `cloudEvents_`; every released
 * version of the binding knows this one.
 */
const PREFIX = "cloudEvents:";
/** The longest AMQP short string, such as a message id, in bytes. */
const SHORT_STRING_BYTES = 255;

/**
 * The event in the binary mode of CloudEvents' AMQP binding: the payload as it is, its attributes as headers. RabbitMQ
 * shows headers of AMQP 0-9-1 to an AMQP 1.0 consumer as the application properties of the binding.
 *
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/amqp-protocol-binding.md
 * https://www.rabbitmq.com/docs/conversions
 */
export function rabbitMessage(event: OutboxEvent): RabbitMessage {
  const { attributes, content } = binaryMode(event);
  const headers: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(attributes)) {
    // The binding's integers are 64-bit; amqplib would choose by size.
    headers[PREFIX + name] = typeof value === "number" ? { "!": "int64", value } : value;
  }
  const seconds = Math.floor((event.timeMs ?? Number.NaN) / 1_000);
  return {
    content: Buffer.from(content?.text ?? ""),
    options: {
      // Mandatory: the broker returns a message that no queue takes. Persistent: a message in a queue outlives the
      // broker's process.
      mandatory: true,
      persistent: true,
      headers,
      ...(content === undefined ? {} : { contentType: content.type }),
      // For people and tools. Values that do not fit stand in the headers all the same.
      ...(isShort(event.id) ? { messageId: event.id } : {}),
      ...(isShort(event.type) ? { type: event.type } : {}),
      ...(seconds >= 0 ? { timestamp: seconds } : {}),
    },
  };
}

const isShort = (text: string): boolean => Buffer.byteLength(text) <= SHORT_STRING_BYTES;

/** The size of a property that is a short string: its length and its text. */
const shortBytes = (text: string | undefined): number => (text === undefined ? 0 : 1 + Buffer.byteLength(text));

/**
 * The size of the frame that holds a message's properties, its own ends included. There is only one such frame, however
 * large: a broker closes the connection over a frame larger than agreed.
 *
 * https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf (4.2.6.1, the content header)
 */
export function headerFrameBytes({ headers = {}, contentType, messageId, type, timestamp }: Options.Publish): number {
  // Type, channel, size and end of the frame; class, weight, body size and property flags.
  const frame = 8 + 14;
  let table = 4;
  for (const [name, value] of Object.entries(headers)) {
    const bytes = typeof value === "string" ? 4 + Buffer.byteLength(value) : typeof value === "boolean" ? 1 : 8;
    table += shortBytes(name) + 1 + bytes;
  }
  const deliveryMode = 1;
  const properties = shortBytes(contentType) + shortBytes(messageId) + shortBytes(type) + deliveryMode;
  return frame + table + properties + (timestamp === undefined ? 0 : 8);
}

/** The part of a message for which the protocol has no room, so that it cannot be sent. Undefined where all fits. */
export function unfitPart(
  { routingKey, options }: { readonly routingKey: string } & Pick<RabbitMessage, "options">,
  frameMaxBytes: number,
): PublishResult | undefined {
  const tooLongText = (code: string, part: string, text: string) =>
    isShort(text) ? undefined : tooLong(code, part, { is: Buffer.byteLength(text), most: SHORT_STRING_BYTES });
  const longName = Object.keys(options.headers ?? {}).find((name) => !isShort(name));
  const headerBytes = headerFrameBytes(options);
  return (
    tooLongText("RoutingKeyTooLong", "routing key", routingKey) ??
    tooLongText("ContentTypeTooLong", "datacontenttype", options.contentType ?? "") ??
    tooLongText("AttributeNameTooLong", "longest attribute name, with its prefix,", longName ?? "") ??
    (headerBytes > frameMaxBytes
      ? tooLong("AttributesTooLarge", "frame of attributes", { is: headerBytes, most: frameMaxBytes })
      : undefined)
  );
}

/** The event's id in a message that the broker returned. */
export function returnedId(headers: unknown): string | undefined {
  const id =
    typeof headers === "object" && headers !== null ? (headers as Record<string, unknown>)[`${PREFIX}id`] : undefined;
  return typeof id === "string" ? id : undefined;
}
