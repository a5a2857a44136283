import { createHash } from "node:crypto";
import { type CloudEvent, isRecord } from "./cloud-event.ts";

/** What an event carries, as 43 characters. The same data with its fields in another order is the same. */
export function payloadHash({ data, dataref, data_base64: bytes }: CloudEvent): string {
  // Bytes only where there are any, so that the hash of an event without is what it was when its row was written.
  const carried = bytes === undefined ? [data, dataref] : [data, dataref, bytes];
  return createHash("sha256").update(JSON.stringify(carried, sortedFields)).digest("base64url");
}

/** Transports take JSON apart and put it together again, and not all keep the order of fields. */
const sortedFields = (_name: string, value: unknown): unknown =>
  isRecord(value) ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))) : value;
