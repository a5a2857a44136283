import { isTraceparent } from "./traceparent.ts";
import { isUri, isUriReference } from "./uri.ts";

/**
 * The ways in which an event may break CloudEvents and be delivered all the same, as it is: its row can be read, and
 * whoever wrote it may have consumers that take it. Our own writer refuses each of them.
 */
export const NONCONFORMITIES = [
  /** `time` names a day or a second that never was. */
  "impossible-time",
  /** `recordedtime` is not a time that ever was. It counts as absent. */
  "recordedtime-not-time",
  "source-not-uri",
  "dataschema-not-uri",
  /** `traceparent` is not W3C trace context. */
  "traceparent-malformed",
  /** An attribute has a control character, a noncharacter, or half of a surrogate pair. */
  "disallowed-character",
] as const;
export type Nonconformity = (typeof NONCONFORMITIES)[number];

/**
 * The characters that a string of CloudEvents may not have: controls, Unicode's noncharacters, and half of a surrogate
 * pair. https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#type-system
 */
const DISALLOWED = /[\p{Cc}\p{Noncharacter_Code_Point}\p{Surrogate}]/u;

/** Whether an attribute of an event may hold this string. */
export const hasOnlyAllowed = (text: string): boolean => !DISALLOWED.test(text);

/** Printable ASCII with no backslash: JSON text in which nothing is escaped. Most events' attributes are no more. */
const PLAIN_JSON = /^[ -[\]-~]*$/;
const ESCAPED_BACKSLASHES = /\\\\/g;
/** JSON escapes quotation marks, backslashes, control characters and halves of surrogate pairs, and nothing else. */
const ESCAPED_CHARACTER = /\\[^"]/;

/**
 * The same for many strings at once: the attributes of an event as `JSON.stringify` writes them. One look at a text
 * that is made anyway costs less than one at each attribute.
 */
const hasOnlyAllowedInJson = (json: string): boolean =>
  PLAIN_JSON.test(json) || (!DISALLOWED.test(json) && !ESCAPED_CHARACTER.test(json.replace(ESCAPED_BACKSLASHES, "")));

/** The parts of an event that could break CloudEvents, read already. */
export interface ReadAttributes {
  readonly source: string;
  readonly dataschema: string | undefined;
  readonly traceparent: string | undefined;
  /** Whether `time` names an instant. */
  readonly hasInstant: boolean;
  /** Whether `recordedtime` names an instant, or is absent. */
  readonly isRecordedTime: boolean;
  /** The JSON text of all attributes. */
  readonly json: string;
}

/** How an event breaks CloudEvents. Undefined for most events. This runs once for every event that is delivered. */
export function nonconformitiesOf(read: ReadAttributes): readonly Nonconformity[] | undefined {
  const { source, dataschema, traceparent, hasInstant, isRecordedTime, json } = read;
  const found: Nonconformity[] = [];
  if (!hasInstant) found.push("impossible-time");
  if (!isRecordedTime) found.push("recordedtime-not-time");
  if (!isUriReference(source)) found.push("source-not-uri");
  if (dataschema !== undefined && !isUri(dataschema)) found.push("dataschema-not-uri");
  if (traceparent !== undefined && !isTraceparent(traceparent)) found.push("traceparent-malformed");
  if (!hasOnlyAllowedInJson(json)) found.push("disallowed-character");
  return found.length === 0 ? undefined : found;
}
