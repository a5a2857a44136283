import type { CallLimits } from "../../ports.ts";

/** The most bytes of a single entry. */
export const entryBytes = ({ maxBytes, maxEntryBytes = maxBytes }: CallLimits): number => maxEntryBytes;

/**
 * Fills calls in order, by count and by bytes. An entry above `maxBytes` must have been taken out before: here it gets
 * a call of its own.
 */
export function pack<Entry>(
  entries: readonly Entry[],
  bytesOf: (entry: Entry) => number,
  { maxEntries, maxBytes }: CallLimits,
): readonly (readonly Entry[])[] {
  const calls: Entry[][] = [];
  let call: Entry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = bytesOf(entry);
    if (call.length > 0 && (call.length === maxEntries || bytes + size > maxBytes)) {
      calls.push(call);
      call = [];
      bytes = 0;
    }
    call.push(entry);
    bytes += size;
  }
  if (call.length > 0) calls.push(call);
  return calls;
}

/** Cuts a list into pieces of `size` or fewer. */
export function chunksOf<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return pack(items, () => 0, { maxEntries: size, maxBytes: 1 });
}
