import type { OutboxEvent } from "../event.ts";
import { isJsonContentType } from "./content-type.ts";

/** An event taken apart as in CloudEvents' binary mode: attributes beside the payload, not around it. */
export interface BinaryEvent {
  /** Every attribute except `datacontenttype`; `specversion` first. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** The payload with its media type: JSON exactly as the writer gave it, or plain text. Absent: the event has none. */
  readonly content?: { readonly type: string; readonly text: string };
}

const DATA_MEMBER = ',"data":';

/** The event's payload as JSON text, untouched; a JSON string if the payload is not JSON. Undefined without one. */
export const dataJson = ({ json, dataAt }: OutboxEvent): string | undefined =>
  dataAt === undefined ? undefined : json.slice(dataAt, -1);

/** Takes an event apart. The payload is cut out of the structured text, not parsed, so its bytes stay the writer's. */
export function binaryMode(event: OutboxEvent): BinaryEvent {
  const { json, dataAt } = event;
  if (dataAt === undefined) return { attributes: JSON.parse(json) };
  const { datacontenttype: type, ...attributes } = JSON.parse(`${json.slice(0, dataAt - DATA_MEMBER.length)}}`);
  const data = json.slice(dataAt, -1);
  return { attributes, content: { type, text: isJsonContentType(type) ? data : JSON.parse(data) } };
}
