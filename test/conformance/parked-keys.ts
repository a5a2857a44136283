import type { Item, ItemValue } from "../../lib/contract/codec/item.ts";
import type { NewParkedKey } from "../../lib/core/ports.ts";
import { ordered } from "./rows.ts";

export const NOW_MS = 1_800_000_000_000;
export const NEW_PARKED_KEY: NewParkedKey = { notBeforeMs: NOW_MS, attempts: 0, reason: "transient: Down: no answer" };

/** The event of a key at a place. */
export const rowOf = (pk: string, sequence: number): Item => ordered(pk, sequence, `${pk}-${sequence}`);

/** A parked-key record as it stands in the table. Attributes can be left out or spoiled, as somebody may do by hand. */
export const parkedKeyItem = (pk: string, attributes: Readonly<Record<string, ItemValue>>): Item => ({
  pk: { S: pk },
  sk: { N: "0" },
  ...attributes,
});
