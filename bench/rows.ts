import type { DynamoDBStreamEvent } from "aws-lambda";
import { encodeItem, type NewEvent } from "../lib/contract/codec/encode-row.ts";
import type { Item } from "../lib/contract/codec/item.ts";

export const TABLE_NAME = "outbox";
export const BUS_NAME = "orders";
export const RECORDS = 1_000;

/** The id of a row by its number: as long as a UUID, so that sizes are realistic. */
export const idOf = (index: number): string => `019b7a00-0000-7000-8000-${String(index).padStart(12, "0")}`;

/** An order of about 750 bytes, for an event of about 1 KB. */
const orderOf = (index: number) => ({
  orderId: `order-${index}`,
  customer: { id: `customer-${index % 97}`, name: "Ada Example", email: "ada@example.com", tier: "gold" },
  currency: "EUR",
  total: 129.9 + index,
  lines: Array.from({ length: 5 }, (_unused, line) => ({
    sku: `sku-${index}-${line}`,
    title: "A thing that somebody ordered",
    quantity: line + 1,
    price: 12.99,
    warehouse: `warehouse-${line}`,
  })),
});

/** An event by its number, written at the given time (epoch milliseconds). */
export function newEventOf(index: number, writtenAtMs: number): NewEvent {
  const time = new Date(writtenAtMs).toISOString();
  return { id: idOf(index), source: "shop", type: "order.placed", time, recordedtime: time, data: orderOf(index) };
}

/** The event's row, as a service writes it. */
export const rowOf = (index: number, writtenAtMs: number, order?: NonNullable<NewEvent["order"]>): Item =>
  encodeItem({ ...newEventOf(index, writtenAtMs), ...(order === undefined ? {} : { order }) });

/** A batch of unordered events. */
export function streamEvent(count: number, writtenAtMs: number): DynamoDBStreamEvent {
  return streamEventOf(
    Array.from({ length: count }, (_unused, index) => rowOf(index, writtenAtMs)),
    writtenAtMs,
  );
}

/** A batch as Lambda passes it to the relay: parsed anew each time, as the runtime does before each invocation. */
export function streamEventOf(rows: readonly Item[], writtenAtMs: number): DynamoDBStreamEvent {
  const records = rows.map((row, index) => ({
    eventID: `event-${index}`,
    eventName: "INSERT",
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: "us-east-1",
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(writtenAtMs / 1_000),
      Keys: { pk: row["pk"], sk: row["sk"] },
      NewImage: row,
      SequenceNumber: String(index).padStart(24, "1"),
      SizeBytes: 1_024,
      StreamViewType: "NEW_IMAGE",
    },
    eventSourceARN: `arn:aws:dynamodb:us-east-1:123456789012:table/${TABLE_NAME}/stream/2026-01-01T00:00:00.000`,
  }));
  return JSON.parse(JSON.stringify({ Records: records }));
}
