import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { CountedOrder } from "./counted-order.ts";

/** Event type -> type of its data, where nobody said which events there are. */
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

/** What an event carries beside its `type` and `data`. */
export interface EventFields {
  /** The consumers' dedup key. @default a UUIDv7 */
  readonly id?: string | undefined;
  /** A URI reference that says where it happened. @default the context's, else the outbox's */
  readonly source?: string | undefined;
  /** What it is about, within the source: an order's number for example. @default the context's */
  readonly subject?: string | undefined;
  /** When it happened: RFC 3339 or a Date; up to 5 minutes ahead of the clock. @default now */
  readonly time?: string | Date | undefined;
  /**
   * The event's place among those of its key: the aggregate's version, raised by a condition in the same transaction, or
   * what `await outbox.ordered(key)` gave. Never a timestamp. @default none: delivered at once, in no order
   */
  readonly order?: Order | undefined;
  /** The media type of `data`. With another than JSON, `data` is a text. @default "application/json" */
  readonly datacontenttype?: string | undefined;
  /** A URI of the schema that `data` keeps to. */
  readonly dataschema?: string | undefined;
  /** Another bus, queue, topic, stream or function than the relay's own, where it may publish there: its name, or its exact ARN or URL. */
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
 * Checks data of each type at run time: anything that speaks Standard Schema (zod, valibot, arktype ...). What a schema
 * returns is what is written.
 */
export type EventSchemas<Events extends object> = {
  readonly [Type in keyof Events]?: StandardSchemaV1<Events[Type], unknown>;
};
