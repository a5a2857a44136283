import type { ScannedRow } from "../../contract/event.ts";
import { isParkedKeyDue, type ParkedKey } from "../../contract/parked-key.ts";
import { isOrderedSeen } from "../../contract/sequence.ts";

/**
 * The keys that the sweep should drain, among those it saw: parked keys that are due, with or without rows, and
 * unparked keys with a due row. A parked-key record that rests speaks for all rows behind it.
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
