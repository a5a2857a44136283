import { acrossCopies, CLASS } from "../contract/class-brand.ts";

/** Base class of all errors of the outbox. Each subclass calls for a different reaction of the caller. */
export abstract class OutboxError extends Error {
  /** @internal */
  static readonly [CLASS]: string = "OutboxError";
  /** @internal */
  static override readonly [Symbol.hasInstance] = acrossCopies;
}

/** The event cannot be written as it is. Nothing was sent. */
export class InvalidEventError extends OutboxError {
  /** @internal */
  static override readonly [CLASS]: string = "InvalidEventError";
  override readonly name = "InvalidEventError";
  /** Where the mistake is: `type`, `data.lines[2].price`, `order.sequence` ... */
  readonly field: string;

  /** @param problem what the value is, and what it must be. */
  constructor(field: string, problem: string, options?: ErrorOptions) {
    super(`${field} ${problem}.`, options);
    this.field = field;
  }
}

/** The event fits neither the table nor the target, and there is no claim check to keep its data in S3. Nothing was sent. */
export class EventTooLargeError extends OutboxError {
  /** @internal */
  static override readonly [CLASS]: string = "EventTooLargeError";
  override readonly name = "EventTooLargeError";
  readonly bytes: number;
  readonly maxBytes: number;

  constructor(what: string, bytes: number, maxBytes: number, fix: string) {
    super(`${what} is ${bytes} bytes, and ${maxBytes} is the most: ${fix}.`);
    this.bytes = bytes;
    this.maxBytes = maxBytes;
  }
}

/** The transaction holds more than DynamoDB takes: over 100 actions, or over 4 MB. Nothing was sent. */
export class TransactionTooLargeError extends OutboxError {
  /** @internal */
  static override readonly [CLASS]: string = "TransactionTooLargeError";
  override readonly name = "TransactionTooLargeError";
}

/** Identifies an event for people and logs; holds no payload. */
export interface EventRef {
  readonly id: string;
  readonly type: string;
  /** The ordering key and sequence of an ordered event. */
  readonly order?: { readonly key: string; readonly sequence: number };
}

/** A condition that failed among the caller's own items. */
export interface FailedCondition<Stored = unknown> {
  /** The place among the items that the caller gave. */
  readonly index: number;
  /** What is stored there, where the item asked for it with `ReturnValuesOnConditionCheckFailure: "ALL_OLD"`. */
  readonly stored?: Stored;
}

/** A condition of the caller's own items did not hold: the business rule said no. Nothing was written. */
export class BusinessConditionError extends OutboxError {
  /** @internal */
  static override readonly [CLASS]: string = "BusinessConditionError";
  override readonly name = "BusinessConditionError";
  readonly failures: readonly FailedCondition[];
  /** Events of the same transaction that were in the outbox already: then it may be a repetition of one that committed. */
  readonly existing: readonly EventRef[];

  constructor(failures: readonly FailedCondition[], existing: readonly EventRef[], options: ErrorOptions) {
    const places = failures.map(({ index }) => index).join(", ");
    super(`The condition of item ${places} did not hold: nothing was written, neither items nor events.`, options);
    this.failures = failures;
    this.existing = existing;
  }
}

/** The outbox has an event at this key: an id, or a key and sequence, was used before. Nothing was written. */
export class EventExistsError extends OutboxError {
  /** @internal */
  static override readonly [CLASS]: string = "EventExistsError";
  override readonly name = "EventExistsError";
  readonly events: readonly EventRef[];

  constructor(events: readonly EventRef[], options: ErrorOptions) {
    super(
      `The outbox already holds ${events.map(described).join(", ")}: nothing was written. If this repeats a transaction ` +
        "that committed, it is done; else give the event an id, or a sequence, of its own.",
      options,
    );
    this.events = events;
  }
}

/**
 * Another transaction took the sequence that `ordered(key)` gave. Nothing was written: call `ordered(key)` again, and
 * build the whole transaction anew.
 */
export class SequenceTakenError extends OutboxError {
  /** @internal */
  static override readonly [CLASS]: string = "SequenceTakenError";
  override readonly name = "SequenceTakenError";
  readonly keys: readonly string[];

  constructor(keys: readonly string[], options: ErrorOptions) {
    super(
      `Another transaction was faster with the next sequence of ${keys.map(quoted).join(", ")}: nothing was written. ` +
        "Call ordered(key) again and repeat the transaction.",
      options,
    );
    this.keys = keys;
  }
}

/**
 * DynamoDB throttled the write, or other transactions kept changing the same items, through all retries. Nothing was
 * written.
 */
export class WriteRejectedError extends OutboxError {
  /** @internal */
  static override readonly [CLASS]: string = "WriteRejectedError";
  override readonly name = "WriteRejectedError";
  readonly reason: "throttled" | "conflict";

  constructor(reason: "throttled" | "conflict", options: ErrorOptions) {
    const why = reason === "throttled" ? "DynamoDB throttled it" : "other writes are at the same items";
    super(`The write was not made: ${why}. Nothing was written; repeat it later.`, options);
    this.reason = reason;
  }
}

/**
 * No answer came, so it is unknown whether the write happened. `repeat()` finds out: it sends the same request with the
 * same token, which DynamoDB carries out at most once.
 */
export class AmbiguousCommitError extends OutboxError {
  /** @internal */
  static override readonly [CLASS]: string = "AmbiguousCommitError";
  override readonly name = "AmbiguousCommitError";
  /**
   * Sends the same request again. It works within 10 minutes of the first one: so long DynamoDB remembers the token.
   *
   * @returns the events that are written.
   * @throws whatever the first call could have thrown, this error included; TooLateToRepeatError after the 10 minutes.
   */
  readonly repeat: () => Promise<readonly EventRef[]>;

  constructor(repeat: () => Promise<readonly EventRef[]>, options: ErrorOptions) {
    super(
      "No answer came from DynamoDB, so nobody knows whether it is written. Call repeat() on this error: it is safe, " +
        "and tells.",
      options,
    );
    this.repeat = repeat;
  }
}

/** The 10 minutes are over in which DynamoDB recognises a repetition. */
export class TooLateToRepeatError extends OutboxError {
  /** @internal */
  static override readonly [CLASS]: string = "TooLateToRepeatError";
  override readonly name = "TooLateToRepeatError";

  constructor(options: ErrorOptions) {
    super(
      "DynamoDB forgets a transaction's token after 10 minutes, so a repetition could write twice: read your own item to " +
        "see whether the transaction was written.",
      options,
    );
  }
}

const described = ({ id, order }: EventRef): string =>
  order === undefined
    ? `the event ${quoted(id)}`
    : `an event at sequence ${order.sequence} of ${quoted(order.key)} (given id ${quoted(id)})`;

const SHOWN_CHARACTERS = 80;

const quoted = (text: string): string =>
  JSON.stringify(text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text);
