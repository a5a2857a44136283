import { seededRandom } from "../dev/demo/seeded-random.ts";
import type { Item } from "../lib/contract/codec/item.ts";
import { rowOf } from "./rows.ts";

export const ORDERED_KEYS = 200;
const SEED = 1;

/** The keys of the first events, always the same ones: the n-th key is drawn 1/n as often as the first (Zipf). */
function keysOf(count: number): readonly number[] {
  const random = seededRandom(SEED);
  const weights = Array.from({ length: ORDERED_KEYS }, (_unused, rank) => 1 / (rank + 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return Array.from({ length: count }, () => {
    let left = random() * total;
    const key = weights.findIndex((weight) => {
      left -= weight;
      return left < 0;
    });
    return key === -1 ? ORDERED_KEYS - 1 : key;
  });
}

/** Ordered rows, in the order of their commits. */
export function orderedRows(count: number, writtenAtMs: number): readonly Item[] {
  const sequences = new Map<number, number>();
  return keysOf(count).map((key, index) => {
    const sequence = (sequences.get(key) ?? 0) + 1;
    sequences.set(key, sequence);
    return rowOf(index, writtenAtMs, { key: `account#${key}`, sequence });
  });
}

/** The number of events of the most frequent key. */
export function longestKeyGroupOf(count: number): number {
  const keyGroups = new Map<number, number>();
  for (const key of keysOf(count)) keyGroups.set(key, (keyGroups.get(key) ?? 0) + 1);
  return Math.max(...keyGroups.values());
}
