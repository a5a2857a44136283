import type { RowKey } from "../../../contract/event.ts";
import { isOrdered } from "../../../contract/sequence.ts";
import { sequenceOf } from "../../../contract/sort-key.ts";
import { PARTITIONS, partitionOf } from "./spill.ts";

/**
 * What is missing in the sequences of ordering keys whose writers count without gaps. Between the lowest and the highest
 * sequence that the window tells of, each one should be known from anywhere: a line, the table, the journal.
 */
export interface NeverMet {
  readonly pk: string;
  /** The first sequence of which nothing is known, and the last one: nothing is known of those between either. */
  readonly from: number;
  readonly to: number;
}

/** Where sequences are spilled: behind the partitions of the events. */
export const partitionOfKey = (pk: string): number => PARTITIONS + partitionOf(pk);
export const KEY_PARTITIONS = Array.from({ length: PARTITIONS }, (_unused, index) => PARTITIONS + index);

/**
 * The text to spill of a known event. Undefined for one without a place in a sequence.
 *
 * @param isInWindow whether a line inside the window tells of it.
 */
export function sequenceText(row: RowKey & { readonly id?: string | undefined }, isInWindow: boolean) {
  const sequence = sequenceOf(row.sk);
  if (sequence === undefined || !isOrdered(row)) return undefined;
  return JSON.stringify([row.pk, sequence, isInWindow]);
}

interface KnownKey {
  readonly sequences: number[];
  lowest: number;
  highest: number;
}

/** @param texts those of one partition, as {@link sequenceText} made them. */
export function* neverMetIn(texts: Iterable<string>): Generator<NeverMet> {
  const keys = new Map<string, KnownKey>();
  for (const text of texts) {
    const [pk, sequence, isInWindow] = JSON.parse(text) as [string, number, boolean];
    const known = keys.get(pk) ?? { sequences: [], lowest: Number.POSITIVE_INFINITY, highest: 0 };
    keys.set(pk, known);
    known.sequences.push(sequence);
    if (!isInWindow) continue;
    known.lowest = Math.min(known.lowest, sequence);
    known.highest = Math.max(known.highest, sequence);
  }
  for (const [pk, known] of keys) yield* gapsOf(pk, known);
}

function* gapsOf(pk: string, { sequences, lowest, highest }: KnownKey): Generator<NeverMet> {
  let last = lowest;
  for (const sequence of sequences.sort((one, other) => one - other)) {
    if (sequence <= last) continue;
    if (sequence > highest) return;
    if (sequence > last + 1) yield { pk, from: last + 1, to: sequence - 1 };
    last = sequence;
  }
}
