import { type MessageRecord, murmur2 } from "@platformatic/kafka";
import { binaryMode } from "../../contract/codec/binary-mode.ts";
import type { OutboxEvent } from "../../contract/event.ts";

/**
 * An event as CloudEvents' Kafka binding has it in binary mode: each attribute a header `ce_<name>`, the content type
 * in `content-type`, the payload alone as the value, and the ordering key as the key.
 *
 * An event without data has an *empty* value. A missing value means deletion in a compacted topic.
 *
 * @see
 * https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/kafka-protocol-binding.md#32-binary-content-mode
 */
export function recordOf(event: OutboxEvent, topic: string, partition: number): MessageRecord {
  const { attributes, content } = binaryMode(event);
  const headers = new Map<Buffer, Buffer>();
  for (const [name, value] of Object.entries(attributes)) headers.set(Buffer.from(`ce_${name}`), textOf(value));
  if (content !== undefined) headers.set(Buffer.from("content-type"), textOf(content.type));
  const key = event.orderingKey === undefined ? {} : { key: Buffer.from(event.orderingKey) };
  return { topic, partition, ...key, value: textOf(content?.text ?? ""), headers };
}

const textOf = (value: string | number | boolean): Buffer => Buffer.from(String(value));

/** The most bytes of lengths and deltas around the parts of a record. */
const RECORD_OVERHEAD_BYTES = 64;
/** The most bytes that a header takes beyond its spelling in JSON: `ce_`, and two lengths of up to three bytes. */
const HEADER_OVERHEAD_BYTES = 6;

/** The most bytes that the event takes in a batch. The structured text holds all of its parts, in no fewer bytes. */
export function bytesOf({ json, dataAt = json.length, orderingKey = "" }: OutboxEvent): number {
  let attributes = 1;
  // A quotation mark inside a value is escaped, so a comma never stands directly before one there.
  for (let at = json.indexOf(',"'); at !== -1 && at < dataAt; at = json.indexOf(',"', at + 1)) attributes += 1;
  return (
    Buffer.byteLength(json) +
    Buffer.byteLength(orderingKey) +
    RECORD_OVERHEAD_BYTES +
    attributes * HEADER_OVERHEAD_BYTES
  );
}

/** As Kafka's own clients make a hash positive. */
const POSITIVE = 0x7fffffff;

/**
 * The partition of an event. An event with an ordering key goes where Kafka's own clients would put that key. Any other
 * event is spread by its id, not in turn: if it comes again, the same broker sees it, and can recognise it.
 */
export const partitionOf = ({ orderingKey, id }: OutboxEvent, partitionCount: number): number =>
  (murmur2(Buffer.from(orderingKey ?? id)) & POSITIVE) % partitionCount;
