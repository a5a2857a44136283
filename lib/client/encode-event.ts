import { DEFAULT_CONTENT_TYPE, isJsonContentType } from "../contract/codec/content-type.ts";
import { decodeItem } from "../contract/codec/decode-row.ts";
import { encodeItem, type NewEvent } from "../contract/codec/encode-row.ts";
import type { Item } from "../contract/codec/item.ts";
import { itemBytes, MAX_ROW_BYTES, writeUnits } from "../contract/codec/item-size.ts";
import { type ClaimCheck, checkIn } from "./claim-check.ts";
import { EventTooLargeError, InvalidEventError } from "./errors.ts";

export interface EncodeSettings {
  readonly gzip: boolean;
  /** Of the CloudEvent on the wire. */
  readonly maxEventBytes: number;
  readonly claimCheck: ClaimCheck | undefined;
}

/**
 * Makes the row of a checked event. The row holds the data as a string, or as gzip where that saves a write unit. Data
 * that fits neither the row nor the target goes to S3.
 *
 * @throws EventTooLargeError when the event does not fit and there is no bucket, or when it does not fit even without
 * its data.
 */
export async function encodeEvent(event: NewEvent, settings: EncodeSettings): Promise<Item> {
  const { claimCheck } = settings;
  const encoded = encodeIfFits(event, settings);
  if (encoded.kind === "fits") return encoded.item;
  if (event.data === undefined || claimCheck === undefined) {
    throw tooLarge(encoded, event.data === undefined ? SHORTEN : GIVE_A_BUCKET);
  }
  const contentType = event.datacontenttype ?? DEFAULT_CONTENT_TYPE;
  const body = isJsonContentType(contentType) ? JSON.stringify(event.data) : String(event.data);
  // Checked before anything is stored: the attributes alone may be too large.
  const withoutData = encodeIfFits({ ...event, data: undefined }, settings);
  if (withoutData.kind === "too-large") throw tooLarge(withoutData, SHORTEN);
  const checkedIn = encodeIfFits(await checkIn(event, body, contentType, claimCheck), settings);
  if (checkedIn.kind === "too-large") throw tooLarge(checkedIn, SHORTEN);
  return checkedIn.item;
}

const GIVE_A_BUCKET = "make data smaller, or give the outbox claimCheck: { bucket, s3 }, which keeps large data in S3";
const SHORTEN = "shorten the attributes beside data";

type Encoded = { readonly kind: "fits"; readonly item: Item } | TooLarge;
type TooLarge = {
  readonly kind: "too-large";
  readonly what: string;
  readonly bytes: number;
  readonly maxBytes: number;
};

function encodeIfFits(event: NewEvent, { gzip, maxEventBytes }: EncodeSettings): Encoded {
  const plain = encodeItem(event);
  const wireBytes = bytesOnTheWire(plain);
  if (wireBytes > maxEventBytes) {
    return { kind: "too-large", what: "The event on the wire", bytes: wireBytes, maxBytes: maxEventBytes };
  }
  const item = gzip ? smallerOf(event, plain) : plain;
  const bytes = itemBytes(item);
  return bytes > MAX_ROW_BYTES
    ? { kind: "too-large", what: "The event's row", bytes, maxBytes: MAX_ROW_BYTES }
    : { kind: "fits", item };
}

/** Compression may pay off for a row of more than one write unit. */
function smallerOf(event: NewEvent, plain: Item): Item {
  const units = writeUnits(itemBytes(plain));
  if (event.data === undefined || units === 1) return plain;
  const zipped = encodeItem(event, { gzip: true });
  return writeUnits(itemBytes(zipped)) < units ? zipped : plain;
}

/** EventBridge counts source and type a second time, outside the event, and 14 bytes for the time. */
const ENVELOPE_BYTES = 14;

/** The size that the relay will send, by its own decoder. A row that the decoder cannot read must not be written. */
function bytesOnTheWire(row: Item): number {
  const decoded = decodeItem(row);
  if (decoded.kind === "reserved") throw new InvalidEventError("order", "gives a key that is the relay's own");
  const { content } = decoded.row;
  if (content.kind === "malformed") throw new InvalidEventError("event", `cannot be delivered: ${content.row.reason}`);
  const { json, source, type } = content.event;
  return Buffer.byteLength(json) + Buffer.byteLength(source) + Buffer.byteLength(type) + ENVELOPE_BYTES;
}

const tooLarge = ({ what, bytes, maxBytes }: TooLarge, fix: string) =>
  new EventTooLargeError(what, bytes, maxBytes, fix);
