import { createHash } from "node:crypto";
import { type CloudEvent, isRecord } from "./cloud-event.ts";

/** What an event carries, as 43 characters. The same data with its fields in another order is the same. */
export const payloadHash = ({ data, dataref }: CloudEvent): string =>
  createHash("sha256")
    .update(JSON.stringify([data, dataref], sortedFields))
    .digest("base64url");

/** Transports take JSON apart and put it together again, and not all keep the order of fields. */
const sortedFields = (_name: string, value: unknown): unknown =>
  isRecord(value) ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))) : value;
