import type { ScannedRow } from "../event.ts";
import { isParkedKeyDue, type ParkedKey } from "./parked-key.ts";
import { isOrderedSeen } from "./sequence.ts";

/**
 * The keys that the sweep should drain, of what it saw: those with a parked-key record that is due, whether or not a row was seen, and
 * those with a due row and no parked-key record. A parked-key record that rests speaks for all rows behind it.
 */
export function keysToDrain(
  dueRows: readonly ScannedRow[],
  parkedKeys: readonly ParkedKey[],
  nowMs: number,
): readonly string[] {
  const resting = new Set(parkedKeys.filter((parkedKey) => !isParkedKeyDue(parkedKey, nowMs)).map(({ pk }) => pk));
  const due = [...parkedKeys.map(({ pk }) => pk), ...dueRows.filter(isOrderedSeen).map(({ key }) => key.pk)];
  return [...new Set(due)].filter((pk) => !resting.has(pk));
}
