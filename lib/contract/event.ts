import type { Nonconformity } from "./codec/conformance.ts";

/** The address of a row in the outbox table. */
export interface RowKey {
  readonly pk: string;
  /**
   * DynamoDB's own text of the number. Never a JavaScript number, which cannot hold its 38 digits: see `sort-key.ts`.
   * `sequenceOf` gives a row's place in a sequence, if it has one.
   */
  readonly sk: string;
}

/** A reference to a row for deleting and marking: its key, valid only while the row holds the event of this id. */
export interface RowRef extends RowKey {
  readonly id: string;
}

/** One string per row, for sets and maps. `pk` may hold any character, so the number stands first. */
export const keyText = ({ pk, sk }: RowKey): string => `${sk}/${pk}`;

/**
 * A well-formed event, ready to be published.
 *
 * The payload is kept only inside `json`, serialized once: every target sends the same CloudEvent.
 */
export interface OutboxEvent extends RowRef {
  readonly source: string;
  readonly type: string;
  /** RFC 3339: when the event happened, as its writer wrote it. */
  readonly time: string;
  /** Epoch milliseconds: the instant that `time` names. Absent: `time` names a day or a second that never was. */
  readonly timeMs?: number;
  /** Epoch milliseconds: when the row was written, if the writer said so. */
  readonly recordedAtMs?: number;
  /** The ordering key, absent for an unordered event. */
  readonly orderingKey?: string;
  /** The event's destination, if not the target's default. */
  readonly destination?: string;
  /** W3C trace context captured when the row was written. */
  readonly traceparent?: string;
  /** The CloudEvent in structured mode: one JSON object as text. */
  readonly json: string;
  /** Where the value of `data` begins in `json`; it ends before the last brace. Absent: the event has no data. */
  readonly dataAt?: number;
  /** How the event breaks CloudEvents, in which it is delivered as it is. Absent: it does not. */
  readonly nonconformities?: readonly Nonconformity[];
}

/** A row that breaks the item contract. It is parked with its reason: never an exception, and never dropped. */
export interface MalformedRow extends RowKey {
  /** The event's id where the row has a readable one. */
  readonly id?: string;
  readonly recordedAtMs?: number;
  /** The fault and the allowed values, for people; holds no payload. */
  readonly reason: string;
  /** The row as DynamoDB JSON text, for the dead-letter message; bytes appear as base64. */
  readonly json: string;
}

/** The content of a row of the outbox table. */
export type RowContent =
  | { readonly kind: "event"; readonly event: OutboxEvent }
  | { readonly kind: "malformed"; readonly row: MalformedRow };

/** The destination that an event names, if any. */
export type Addressed = Pick<OutboxEvent, "destination">;

/** The relay's own notes on a row. */
export interface Marks {
  /** Epoch milliseconds: the row is not due before this. */
  readonly notBeforeMs?: number;
  /** Rounds that ended with a failure of this event's own. */
  readonly attempts: number;
  /** Epoch milliseconds: first look by the sweep, on rows without a usable `recordedtime`. */
  readonly seenAtMs?: number;
  /** Why the last round failed, for people. */
  readonly reason?: string;
  /** The operator's act that holds the row until `notBeforeMs`. */
  readonly heldBy?: string;
}

/**
 * A row as a scan shows it: enough to know whether it is due, but nothing to publish. The page may be outdated when it
 * is used, so a caller that wants the event reads the row.
 */
export interface ScannedRow extends Addressed {
  readonly key: RowKey;
  /** The event's id where the row has a readable one. */
  readonly id?: string;
  /** Epoch milliseconds: when the row was written, if the writer said so. */
  readonly recordedAtMs?: number;
  readonly marks: DueMarks;
}

/** The notes that say when a row is due. */
export type DueMarks = Pick<Marks, "notBeforeMs" | "attempts" | "seenAtMs">;

/** A row as read from the table. */
export interface OutboxRow {
  readonly key: RowKey;
  readonly content: RowContent;
  readonly marks: Marks;
}

/** The id by which a row is compared; undefined for a malformed row without one, which is known by its key alone. */
export function idOf(content: RowContent): string | undefined {
  return content.kind === "event" ? content.event.id : content.row.id;
}

/** A row that was read whole, as a scan shows it. A malformed row goes nowhere, whatever destination it names. */
export function seenOf({ key, content, marks }: OutboxRow): ScannedRow {
  const id = idOf(content);
  const { recordedAtMs } = content.kind === "event" ? content.event : content.row;
  const destination = content.kind === "event" ? content.event.destination : undefined;
  return {
    key,
    marks,
    ...(id === undefined ? {} : { id }),
    ...(recordedAtMs === undefined ? {} : { recordedAtMs }),
    ...(destination === undefined ? {} : { destination }),
  };
}

/** The destination of a row that cannot be read. */
export const NOWHERE = "";
