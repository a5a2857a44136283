import { createHash } from "node:crypto";
import { type CloudEvent, isRecord } from "./cloud-event.ts";

/** A hash of an event's data, 43 characters. The order of fields does not change it. */
export function payloadHash({ data, dataref, data_base64: bytes }: CloudEvent): string {
  // Bytes are added only if there are any: the hash of an event without bytes stays what stored rows hold.
  const carried = bytes === undefined ? [data, dataref] : [data, dataref, bytes];
  return createHash("sha256").update(JSON.stringify(carried, sortedFields)).digest("base64url");
}

/** Transports parse and rewrite JSON, and not all of them keep the order of fields. */
const sortedFields = (_name: string, value: unknown): unknown =>
  isRecord(value) ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))) : value;
