import { binaryMode } from "../../contract/codec/binary-mode.ts";
import { readPlainTraceparent } from "../../contract/codec/traceparent.ts";
import type { OutboxEvent } from "../../contract/event.ts";
import type { PublishResult } from "../../core/ports.ts";
import { tooLong, uncarriable } from "../shared/run/carriable.ts";
import type { HttpMessage } from "../shared/run/http/transport.ts";
import type { HttpMode } from "./settings.ts";

/** The events of one call. */
export type Together = readonly [OutboxEvent, ...OutboxEvent[]];

/**
 * The message of a call: one event, or in batch mode all given events. The charset is in lower case: the CloudEvents SDK
 * for JavaScript compares content types as they are spelt.
 */
export function messageOf(mode: HttpMode, events: Together): HttpMessage {
  const [event] = events;
  switch (mode) {
    case "structured":
      return {
        headers: { "content-type": "application/cloudevents+json; charset=utf-8", ...traceOf(event) },
        body: event.json,
      };
    case "batch":
      return {
        headers: { "content-type": "application/cloudevents-batch+json; charset=utf-8" },
        body: `[${events.map(({ json }) => json).join(",")}]`,
      };
    case "binary":
      return binaryMessage(event);
  }
}

const PRINTABLE = /^[\x20-\x7e]+$/;

function binaryMessage(event: OutboxEvent): HttpMessage {
  const { attributes, content } = binaryMode(event);
  const headers: Record<string, string> = { ...traceOf(event) };
  for (const [name, value] of Object.entries(attributes)) headers[`ce-${name}`] = headerText(String(value));
  if (content !== undefined) headers["content-type"] = content.type;
  return { headers, body: content?.text ?? "" };
}

/** The part that HTTP has no room for in a message of one event under headers. Undefined where all parts fit. */
export function unfitPart({ headers }: HttpMessage, maxHeaderBytes: number): PublishResult | undefined {
  const { "content-type": contentType } = headers;
  if (contentType !== undefined && !PRINTABLE.test(contentType)) {
    return uncarriable("ContentTypeInvalid", "the event's datacontenttype cannot stand in a header");
  }
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) bytes += name.length + value.length + AROUND_A_HEADER;
  return bytes <= maxHeaderBytes
    ? undefined
    : tooLong("HeadersTooLarge", "attributes, as headers,", { is: bytes, most: maxHeaderBytes });
}

/** Colon, space and the line's end. */
const AROUND_A_HEADER = 4;

/** Header values are printable ASCII: other characters, and those that need quoting, are percent-encoded in UTF-8. */
const headerText = (text: string): string => text.replace(/[^\x21\x23\x24\x26-\x7e]/gu, encoded);

const encoded = (character: string): string =>
  [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");

/** W3C trace context, so that a traced server joins the trace in which the event was written. */
const traceOf = ({ traceparent = "" }: OutboxEvent): Readonly<Record<string, string>> =>
  readPlainTraceparent(traceparent) === undefined ? {} : { traceparent };
