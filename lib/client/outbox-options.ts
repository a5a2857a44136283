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
  /** Where data goes that is too large. @default none: an EventTooLargeError */
  readonly claimCheck?: ClaimCheck | undefined;
  /**
   * The largest event that the target takes, as a CloudEvent in JSON: what is over it would be parked. SNS takes 262,144
   * unless its topic was set to more.
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
/** No target takes less, and an event without data fits: a smaller number is one in another unit. */
export const MIN_MAX_EVENT_BYTES = 1_024;
