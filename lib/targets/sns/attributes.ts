import type { MessageAttributeValue } from "@aws-sdk/client-sns";
import { binaryMode } from "../../contract/codec/binary-mode.ts";
import type { OutboxEvent } from "../../contract/event.ts";

/**
 * A subscription with raw delivery to SQS silently discards a message that has more.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
 */
const MOST_ATTRIBUTES = 10;
/** Filters use these most, so they are never left out. */
const FIRST = ["id", "source", "type", "subject", "partitionkey"];
/** Nobody filters by these. The message itself holds them like every other attribute. */
const IN_THE_MESSAGE_ALONE = new Set([
  "specversion",
  "time",
  "recordedtime",
  "dataschema",
  "traceparent",
  "tracestate",
  "sequence",
]);
/**
 * The longest name of an attribute:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
const MOST_NAME_CHARACTERS = 256;
/** The characters that SQS takes. SNS itself takes more, but a subscribed queue would discard the message. */
const ALLOWED_TEXT = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]+$/u;

export type MessageAttributes = Record<string, MessageAttributeValue>;

/**
 * An event's attributes as attributes of its message, for the filter policies of subscriptions: `id`, `source`, `type`,
 * `subject` and `partitionkey`, then the event's own extensions in alphabetical order, ten in all. An attribute that is
 * empty, or whose name or value SQS would refuse, stays only in the message.
 */
export function messageAttributes(event: OutboxEvent): MessageAttributes {
  const { attributes } = binaryMode(event);
  const extensions = Object.keys(attributes).filter((name) => !FIRST.includes(name) && !IN_THE_MESSAGE_ALONE.has(name));
  const chosen = [...FIRST, ...extensions.toSorted()].flatMap((name) => {
    const value = attributes[name];
    const text = String(value ?? "");
    return name.length <= MOST_NAME_CHARACTERS && ALLOWED_TEXT.test(text) ? [[name, typed(value, text)] as const] : [];
  });
  return Object.fromEntries(chosen.slice(0, MOST_ATTRIBUTES));
}

const typed = (value: unknown, text: string): MessageAttributeValue => ({
  DataType: typeof value === "number" ? "Number" : "String",
  StringValue: text,
});

/** SNS counts names, types and values of attributes as part of the message. */
export function attributeBytes(attributes: MessageAttributes): number {
  let bytes = 0;
  for (const [name, { DataType = "", StringValue = "" }] of Object.entries(attributes)) {
    bytes += name.length + DataType.length + Buffer.byteLength(StringValue);
  }
  return bytes;
}
