import { createHash } from "node:crypto";
import type { RowKey } from "../../../contract/event.ts";

const HASH = "sha256";

/**
 * The new id of an event that is put again: a UUID made of the replay, the row and the first id, so that a later run of the
 * replay makes the same one. Version 8 is for such ids: https://www.rfc-editor.org/rfc/rfc9562.html#name-uuid-version-8
 */
export function replayedId(replayId: string, { pk, sk, id }: RowKey & { readonly id: string }): string {
  const bytes = createHash(HASH)
    .update(JSON.stringify([replayId, pk, sk, id]))
    .digest();
  bytes.writeUInt8(0x80 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return bytes.toString("hex", 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
