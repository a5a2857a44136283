import { SQSServiceException } from "@aws-sdk/client-sqs";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import { type EncodeOptions, encodeItem, type NewEvent } from "../../lib/contract/codec/encode-row.ts";
import { contentOf, type DeadLetter } from "../../lib/contract/dead-letter.ts";
import type { OutboxEvent } from "../../lib/contract/event.ts";
import type { Failure } from "../../lib/contract/failure.ts";

const NOW = "2026-01-01T00:00:00Z";

/** The row of an event as a service writes it. */
export const itemOf = (change: Partial<NewEvent> = {}, options?: EncodeOptions) =>
  encodeItem(
    {
      id: "e1",
      source: "shop",
      type: "order.placed",
      time: NOW,
      recordedtime: NOW,
      data: { total: 7 },
      ...change,
    },
    options,
  );

/** An event as the relay reads it from its row. */
export function eventOf(change: Partial<NewEvent> = {}): OutboxEvent {
  const decoded = decodeItem(itemOf(change));
  if (decoded.kind === "reserved" || decoded.row.content.kind === "malformed") throw new Error("This is not an event");
  return decoded.row.content.event;
}

export const eventsOf = (count: number): readonly OutboxEvent[] =>
  Array.from({ length: count }, (_unused, index) => eventOf({ id: `e${index}` }));

export const FAILURE: Failure = { class: "transient", scope: "target", code: "Down", message: "the target is down" };

export function deadLetterOf(change: Partial<NewEvent> = {}): DeadLetter {
  const event = eventOf(change);
  return {
    key: { pk: event.pk, sk: event.sk },
    id: event.id,
    failure: FAILURE,
    attempts: 5,
    firstFailureMs: Date.parse(NOW),
    parkedMs: Date.parse(NOW) + 20_000,
    content: contentOf(event),
  };
}

/** The error that a client throws when a service answers with one. Services differ only in the error's name and status. */
export const serviceError = (name: string, status = 400, message = `${name} happened`): SQSServiceException =>
  new SQSServiceException({
    name,
    message,
    $fault: status < 500 ? "client" : "server",
    $metadata: { httpStatusCode: status, requestId: "r1", attempts: 1, totalRetryDelay: 0 },
  });
