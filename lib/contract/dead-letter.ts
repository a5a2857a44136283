import type { OutboxEvent, RowContent, RowKey } from "./event.ts";
import type { Failure } from "./failure.ts";
import { fieldsOf, parsedJson } from "./foreign-value.ts";
import { MAX_KEY_BYTES } from "./item-contract.ts";
import { canonicalSortKey } from "./sort-key.ts";

/**
 * A dead-letter message: a wake-up for the requeuer, and the whole story for people. The row, read again, is always
 * what is published; the copy of the event here is only for people to read.
 */
export interface DeadLetter {
  readonly key: RowKey;
  readonly id: string | undefined;
  readonly failure: Failure;
  /** Calls made for this event in the round that parked it; 0 while the breaker was open. */
  readonly attempts: number;
  readonly firstFailureMs: number;
  readonly parkedMs: number;
  readonly content: RowContent;
}

/** A message of the queue, read. */
export interface ReceivedDeadLetter {
  readonly receipt: string;
  readonly content: DeadLetterContent;
}

export type DeadLetterContent =
  | { readonly kind: "event"; readonly key: RowKey; readonly id: string | undefined }
  /** Sent by the event source mapping when it gives up: stream positions, no event. The sweep delivers the rows. */
  | { readonly kind: "stream-positions"; readonly records: number }
  /** Not ours. The message is kept, hidden and reported: nothing is dropped unless an operator says so. */
  | { readonly kind: "unrecognised" };

const FORMAT = "outbox-dead-letter/1";

/** The message body. Above `maxBytes` the event is left out and `pointer` is true: the row has it. */
export function deadLetterText(deadLetter: DeadLetter, maxBytes: number): string {
  const whole = textOf(deadLetter, deadLetterBody(deadLetter.content));
  return Buffer.byteLength(whole) <= maxBytes ? whole : textOf(deadLetter, '"pointer":true');
}

function deadLetterBody(content: RowContent): string {
  return content.kind === "event" ? `"event":${content.event.json}` : `"item":${content.row.json}`;
}

function textOf({ key, id, failure, attempts, firstFailureMs, parkedMs }: DeadLetter, body: string): string {
  const head = {
    format: FORMAT,
    pk: key.pk,
    sk: key.sk,
    id,
    class: failure.class,
    scope: failure.scope,
    code: failure.code,
    error: failure.message,
    attempts,
    firstFailure: new Date(firstFailureMs).toISOString(),
    parked: new Date(parkedMs).toISOString(),
  };
  return `${JSON.stringify(head).slice(0, -1)},${body}}`;
}

export function readDeadLetter(text: string): DeadLetterContent {
  const { format, pk, sk, id, DDBStreamBatchInfo: positions } = fieldsOf(parsedJson(text));
  const sortKey = readSortKey(sk);
  if (format === FORMAT && isPartitionKey(pk) && sortKey !== undefined) {
    return { kind: "event", key: { pk, sk: sortKey }, id: typeof id === "string" ? id : undefined };
  }
  const { batchSize } = fieldsOf(positions);
  // Stream positions are deleted, so they are taken only from who counts as the event source mapping does.
  if (typeof batchSize !== "number") return { kind: "unrecognised" };
  const isSize = Number.isInteger(batchSize) && batchSize > 0 && batchSize <= MAX_BATCH;
  return { kind: "stream-positions", records: isSize ? batchSize : 1 };
}

/** The most records of a stream that Lambda hands over. */
const MAX_BATCH = 10_000;

/** A key that no table can hold would make a whole read fail. */
const isPartitionKey = (pk: unknown): pk is string =>
  typeof pk === "string" && pk !== "" && Buffer.byteLength(pk) <= MAX_KEY_BYTES && !/\p{Surrogate}/u.test(pk);

/** A string in any notation, for anybody may have written it; earlier releases sent a number. */
function readSortKey(sk: unknown): string | undefined {
  return typeof sk === "string" || typeof sk === "number" ? canonicalSortKey(String(sk)) : undefined;
}

/** Why an event is parked, in one line of the row's `_reason` attribute. */
export const reasonOf = (failure: Failure): string =>
  `${failure.class}: ${failure.code}: ${failure.message}`.slice(0, 500);

const REASON = /^(throttled|transient|ambiguous|permanent): ([^:\s]+): (.*)$/s;

/** Reads what {@link reasonOf} wrote. Undefined for a string that a person put there. */
export function readReason(reason: string): Pick<Failure, "class" | "code" | "message"> | undefined {
  const [, failureClass, code = "", message = ""] = REASON.exec(reason) ?? [];
  return failureClass === undefined ? undefined : { class: failureClass as Failure["class"], code, message };
}

/** The failure of a row that breaks the item contract. */
export const malformedFailure = (reason: string): Failure => ({
  class: "permanent",
  scope: "event",
  code: "MalformedRow",
  message: reason,
});

/** The failure of an event that no call can hold. */
export const tooLargeFailure = (bytes: number, maxBytes: number): Failure => ({
  class: "permanent",
  scope: "event",
  code: "EventTooLarge",
  message: `the event has ${bytes} bytes as the target counts them; it takes ${maxBytes} at most`,
});

export const contentOf = (event: OutboxEvent): RowContent => ({ kind: "event", event });
