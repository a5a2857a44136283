import { keyText, type RowKey } from "../../../contract/event.ts";

/**
 * Where an audit keeps what it has read until it judges, for that may be more than memory holds. Everything about one row
 * is in one partition, and each partition is judged alone.
 */
export interface Spill {
  /** Keeps a text, which has no line break. Returns once there is room for the next one. */
  add(partition: number, text: string): void;
  /** The texts of a partition, in the order in which they came. */
  read(partition: number): Iterable<string>;
}

/** Ten million events are 40 thousand in each, which take some 50 MB. */
export const PARTITIONS = 256;

export const partitionOfRow = (key: RowKey): number => partitionOf(keyText(key));

/** FNV-1a of 32 bits, over UTF-16 code units: http://www.isthe.com/chongo/tech/comp/fnv/ */
export function partitionOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  // The low bits alone would repeat the pattern of numbered keys.
  return ((hash ^ (hash >>> 16)) >>> 0) % PARTITIONS;
}
