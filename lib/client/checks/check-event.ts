import { types } from "node:util";
import { DEFAULT_CONTENT_TYPE, isJsonContentType } from "../../contract/codec/content-type.ts";
import { EXTENSION_NAME } from "../../contract/codec/decode-row.ts";
import type { NewEvent } from "../../contract/codec/encode-row.ts";
import { timeOf } from "../../contract/codec/rfc-3339.ts";
import { isTraceparent } from "../../contract/codec/traceparent.ts";
import { isUri, isUriReference } from "../../contract/codec/uri.ts";
import { FIRST_SEQUENCE, LEASE_PREFIX, MAX_KEY_BYTES } from "../../contract/item-contract.ts";
import { shownKind } from "../../contract/shown-value.ts";
import type { EventContext } from "../event-context.ts";
import { checkExtensions } from "./check-extensions.ts";
import { checkJson, checkText } from "./check-json.ts";
import { shownObject } from "./check-plain.ts";
import { attribute, optionalAttribute, optionalText, refuse, shown } from "./check-text.ts";
import { hasFields } from "./kinds.ts";

/** The values for what an event leaves out. */
export interface EventDefaults extends EventContext {
  readonly nowMs: number;
  readonly newId: () => string;
}

const FIELDS = [
  ...["type", "data", "id", "source", "subject", "time", "order", "datacontenttype", "dataschema", "destination"],
  ...["traceparent", "tracestate", "extensions"],
];

/** Machines' clocks differ. An event further ahead than this has a wrong time. */
const MAX_AHEAD_MS = 5 * 60_000;
/**
 * No aggregate has this many versions, and every timestamp since 2001, in seconds or finer, is above it. A timestamp
 * would break the order: writers commit in another order than their clocks say.
 */
const FIRST_TIMESTAMP = 1_000_000_000;

/**
 * Checks an event of whatever shape a service hands over, and fills in the fields it leaves out.
 *
 * @throws InvalidEventError naming the field and the fix.
 */
export function checkEvent(input: unknown, defaults: EventDefaults): NewEvent {
  const given = fieldsOf(input);
  // Null is refused: whoever wrote it meant something else than leaving the field out.
  const or = (name: string, otherwise: () => unknown): unknown =>
    given[name] === undefined ? otherwise() : given[name];
  const id = attribute("id", or("id", defaults.newId));
  const order = given["order"] === undefined ? undefined : checkOrder(given["order"], id);
  if (order === undefined) checkKey("id", id);
  const datacontenttype = optionalAttribute("datacontenttype", given["datacontenttype"]);
  const data = given["data"];
  if (data !== undefined) checkData(data, datacontenttype ?? DEFAULT_CONTENT_TYPE);
  const explicit = given["traceparent"] !== undefined;
  return {
    id,
    source: checkSource(or("source", () => defaults.source)),
    type: attribute("type", given["type"]),
    time: checkTime(
      or("time", () => new Date(defaults.nowMs)),
      defaults.nowMs,
    ),
    recordedtime: new Date(defaults.nowMs).toISOString(),
    ...(order === undefined ? {} : { order }),
    ...(data === undefined ? {} : { data }),
    ...present({
      datacontenttype,
      subject: optionalAttribute(
        "subject",
        or("subject", () => defaults.subject),
      ),
      dataschema: checkDataschema(given["dataschema"]),
      destination: optionalText("destination", given["destination"]),
      traceparent: checkTraceparent(or("traceparent", () => defaults.traceparent)),
      // A trace state belongs to its trace parent: with a parent of its own, the event takes no other state.
      tracestate: optionalAttribute(
        "tracestate",
        or("tracestate", () => (explicit ? undefined : defaults.tracestate)),
      ),
    }),
    extensions: {
      ...checkExtensions(defaults.extensions, order !== undefined),
      ...checkExtensions(given["extensions"], order !== undefined),
    },
  };
}

function fieldsOf(input: unknown): Readonly<Record<string, unknown>> {
  if (!hasFields(input)) {
    const wanted = 'an object such as { type: "order.placed", data: { ... } }';
    return refuse("event", `is ${shownObject(input)}: it must be ${wanted}`);
  }
  for (const name of Object.keys(input)) {
    if (!FIELDS.includes(name)) {
      const advice = EXTENSION_NAME.test(name)
        ? `; an attribute of your own goes into extensions: { ${name}: ... }`
        : "";
      refuse(name, `is not a field of an event: the fields are ${FIELDS.join(", ")}${advice}`);
    }
  }
  return input;
}

/** Checks a partition key of the table: an ordering key, or the id of an unordered event. */
export function checkKey(field: string, key: unknown): string {
  const checked = attribute(field, key);
  if (checked.startsWith(LEASE_PREFIX)) {
    refuse(field, `is ${shown(checked)}: it must not begin with ${LEASE_PREFIX}, which is the requeuer's own`);
  }
  if (Buffer.byteLength(checked) > MAX_KEY_BYTES) {
    refuse(field, `has ${Buffer.byteLength(checked)} bytes: DynamoDB takes keys of up to ${MAX_KEY_BYTES}`);
  }
  return checked;
}

function checkOrder(order: unknown, id: string): NonNullable<NewEvent["order"]> {
  if (!hasFields(order)) {
    return refuse("order", `is ${shownObject(order)}: it must be { key, sequence }, or the result of ordered(key)`);
  }
  const { key, sequence } = order;
  const checked = { key: checkKey("order.key", key), sequence: checkSequence(sequence) };
  if (checked.key === id && checked.sequence === FIRST_SEQUENCE) {
    refuse("order.key", "is the event's id: with sequence 1 that means an unordered event. Use the aggregate's key");
  }
  return checked;
}

function checkSequence(sequence: unknown): number {
  if (typeof sequence !== "number" || !Number.isSafeInteger(sequence) || sequence < FIRST_SEQUENCE) {
    return refuse(
      "order.sequence",
      `is ${shown(sequence)}: it must be an integer, 1, 2, 3 ... in the order of commits`,
    );
  }
  if (sequence >= FIRST_TIMESTAMP) {
    refuse(
      "order.sequence",
      `is ${sequence}, which looks like a timestamp: clocks disagree, so transactions commit in another order than their ` +
        "timestamps. Use the aggregate's version, or await outbox.ordered(key)",
    );
  }
  return sequence;
}

function checkTime(time: unknown, nowMs: number): string {
  const value = types.isDate(time) && !Number.isNaN(time.getTime()) ? time.toISOString() : time;
  const timeMs = typeof value === "string" ? timeOf(value) : undefined;
  if (typeof value !== "string" || timeMs === undefined) {
    return refuse("time", `is ${shown(value)}: it must be a Date, or an RFC 3339 string such as 2026-01-31T12:00:00Z`);
  }
  const aheadMs = timeMs - nowMs;
  if (aheadMs > MAX_AHEAD_MS) {
    refuse(
      "time",
      `is ${value}, ${Math.round(aheadMs / 1_000)} s ahead of this machine's clock: an event has happened. Set the clock ` +
        "right, or leave time out",
    );
  }
  return value;
}

function checkSource(value: unknown): string {
  const checked = attribute("source", value);
  if (isUriReference(checked)) return checked;
  return refuse(
    "source",
    `is ${shown(checked)}: it must be a URI reference, such as /shop/orders or urn:shop:orders, without spaces and with ` +
      "characters outside of ASCII percent-encoded",
  );
}

function checkDataschema(value: unknown): string | undefined {
  const checked = optionalAttribute("dataschema", value);
  if (checked === undefined || isUri(checked)) return checked;
  return refuse(
    "dataschema",
    `is ${shown(checked)}: it must be a URI with its scheme, such as https://example.com/schemas/order.json`,
  );
}

function checkTraceparent(value: unknown): string | undefined {
  const checked = optionalAttribute("traceparent", value);
  if (checked !== undefined && !isTraceparent(checked)) {
    refuse(
      "traceparent",
      `is ${shown(checked)}: it must be W3C trace context, 00-<32 hex digits>-<16>-<2>, and neither id all zeros`,
    );
  }
  return checked;
}

/** Checks data by its media type: JSON, or a string of another format. */
export function checkData(data: unknown, contentType: string): void {
  if (isJsonContentType(contentType)) {
    checkJson("data", data);
  } else if (typeof data === "string") {
    checkText("data", data);
  } else {
    refuse(
      "data",
      `is ${shownKind(data)}, but datacontenttype is ${shown(contentType)}: give a string, or leave datacontenttype out`,
    );
  }
}

function present<Fields extends object>(fields: Fields): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Fields]?: NonNullable<Fields[Name]>;
  };
}
