import type { SeenRow } from "../event.ts";
import { isGateDue, type KeyGate } from "./key-gate.ts";
import { isOrderedSeen } from "./sequence.ts";

/**
 * The keys that the sweep should drain, of what it saw: those with a gate that is due, whether or not a row was seen, and
 * those with a due row and no gate. A gate that rests speaks for all rows behind it.
 */
export function keysToDrain(dueRows: readonly SeenRow[], gates: readonly KeyGate[], nowMs: number): readonly string[] {
  const resting = new Set(gates.filter((gate) => !isGateDue(gate, nowMs)).map(({ pk }) => pk));
  const due = [...gates.map(({ pk }) => pk), ...dueRows.filter(isOrderedSeen).map(({ key }) => key.pk)];
  return [...new Set(due)].filter((pk) => !resting.has(pk));
}
