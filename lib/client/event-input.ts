import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { CountedOrder } from "./counted-order.ts";

/** Event type -> type of its data, where the caller names no events: any type, any data. */
export type AnyEvents = Readonly<Record<string, unknown>>;

/**
 * An event to write. With a map of event types, `type` decides what `data` must be:
 *
 * ```ts
 * interface ShopEvents { "order.placed": { orderId: string; total: number } }
 * const outbox = new Outbox<ShopEvents>({ ... });
 * ```
 */
export type EventInput<Events extends object = AnyEvents> = {
  [Type in keyof Events & string]: EventFields & { readonly type: Type } & DataField<Events[Type]>;
}[keyof Events & string];

type DataField<Data> = undefined extends Data ? { readonly data?: Data } : { readonly data: Data };

/** The fields of an event besides `type` and `data`. */
export interface EventFields {
  /** The consumers' dedup key. @default a UUIDv7 */
  readonly id?: string | undefined;
  /** A URI reference, such as `/shop/orders`, that names where the event happened. @default the context's, else the outbox's */
  readonly source?: string | undefined;
  /** What the event is about, within the source: for example an order's number. @default the context's */
  readonly subject?: string | undefined;
  /** When it happened: RFC 3339 or a Date; up to 5 minutes ahead of the clock. @default now */
  readonly time?: string | Date | undefined;
  /**
   * The event's place among those of its key: the aggregate's version, raised by a condition in the same transaction,
   * or what `await outbox.ordered(key)` gave. Never a timestamp.
   *
   * @default none: delivered at once, in no order
   */
  readonly order?: Order | undefined;
  /** The media type of `data`. With a type other than JSON, `data` is a string. @default "application/json" */
  readonly datacontenttype?: string | undefined;
  /** A URI, with its scheme, of the schema of `data`. */
  readonly dataschema?: string | undefined;
  /**
   * Another bus, queue, topic, stream or function than the relay's default, if the relay may publish there: its name,
   * or its exact ARN or URL.
   */
  readonly destination?: string | undefined;
  /** W3C trace context. @default the context's, else OpenTelemetry's active span */
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  /** CloudEvents extension attributes: lower-case letters and digits, for example `{ tenant: "t1" }`. */
  readonly extensions?: Readonly<Record<string, string | number | boolean>> | undefined;
}

export type Order = VersionOrder | CountedOrder;

/** A place that the aggregate's own version gives. */
export interface VersionOrder {
  /** The ordering key, for example `order#42`. */
  readonly key: string;
  /** 1, 2, 3 ... in the order of commits. */
  readonly sequence: number;
}

/**
 * Schemas that check the data of each type at run time: any library with Standard Schema (zod, valibot, arktype ...).
 * The value that a schema returns is written.
 */
export type EventSchemas<Events extends object> = {
  readonly [Type in keyof Events]?: StandardSchemaV1<Events[Type], unknown>;
};
