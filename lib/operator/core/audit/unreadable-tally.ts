import type { Unreadable } from "./audit-report.ts";

/** Objects and lines beyond this are counted, and not named. */
const MOST_NAMED = 1_000;

export interface UnreadableTally {
  /** The first {@link MOST_NAMED} of them. */
  readonly unreadable: readonly Unreadable[];
  readonly unreadableCount: number;
  /** Epoch milliseconds: the latest writing of an object that cannot be read, or of one with such a line. */
  readonly unreadableUntilMs?: number;
}

/** Counts objects and lines that cannot be read. */
export function unreadableTally(): { readonly add: (each: Unreadable) => void; readonly tally: () => UnreadableTally } {
  const unreadable: Unreadable[] = [];
  let unreadableCount = 0;
  let unreadableUntilMs = 0;
  return {
    add(each) {
      unreadableCount += 1;
      if (unreadable.length < MOST_NAMED) unreadable.push(each);
      unreadableUntilMs = Math.max(unreadableUntilMs, each.writtenAtMs);
    },
    tally: () => ({ unreadable, unreadableCount, ...(unreadableCount > 0 && { unreadableUntilMs }) }),
  };
}
