import type { ClaimCheck } from "./claim-check.ts";
import type { DynamoDb } from "./dynamodb.ts";
import type { AnyEvents, EventSchemas } from "./event-input.ts";

export interface OutboxOptions<Events extends object = AnyEvents> {
  /** The service's own client. Its retries are used as they are set. */
  readonly client: DynamoDb;
  /** The outbox table: the stack's output `OutboxTableName`. */
  readonly tableName: string;
  /** The source of events that name none: a URI reference, for example `/shop/orders`. */
  readonly source?: string | undefined;
  /** The table of counters, for `ordered(key)`: the stack's output `CounterTableName`. */
  readonly counterTableName?: string | undefined;
  /** Checks data at run time, by event type. */
  readonly schemas?: EventSchemas<Events> | undefined;
  /** The bucket for data that is too large. @default none: an EventTooLargeError */
  readonly claimCheck?: ClaimCheck | undefined;
  /**
   * The largest event that the target takes, as a CloudEvent in JSON, in bytes: a larger one would be parked. SNS takes
   * 262,144 unless its topic allows more.
   *
   * @default 1,000,000, for EventBridge and SQS
   */
  readonly maxEventBytes?: number | undefined;
  /** Compresses data where that saves a write unit. @default true */
  readonly gzip?: boolean | undefined;
  /** The clock, in epoch milliseconds. @default the machine's */
  readonly now?: (() => number) | undefined;
  /** Makes ids. @default UUIDv7 */
  readonly newId?: (() => string) | undefined;
}

export const DEFAULT_MAX_EVENT_BYTES = 1_000_000;
/** Every target takes more, and an event without data fits. A smaller number was meant in another unit. */
export const MIN_MAX_EVENT_BYTES = 1_024;
