/**
 * Acknowledged, or on the way to it, and not deleted, per process: the most that a crash can publish twice.
 * A single call with more entries than this goes out alone.
 */
export const MAX_PENDING_DELETES = 1_000;

/**
 * The larger the share, the faster two healthy destinations are side by side, and the slower one is beside one that hangs.
 */
const SHARE = 3 / 4;

/**
 * The places that events take from before their call until their rows are pending, by destination. Calls that fail and rows
 * that are deleted give them back.
 *
 * In a process with one destination that has all of them. Of several each has three quarters of what the others leave, and
 * two calls in any case, as long as there is room: one that hangs, or whose acknowledgements wait for proof, holds its
 * places for seconds, and the others go on with theirs.
 */
export interface Places {
  /** Makes a destination known before it takes anything. */
  expect(destination: string): void;
  /** Whether a call of so many events may be made now, beside so many rows that are pending. */
  fits(destination: string, count: number, pendingDeletes: number): boolean;
  take(destination: string, count: number): void;
  giveBack(destination: string, count: number): void;
  /** So many acknowledged events have taken half of their destination's places: they need not wait for more. */
  enough(destination: string, pendingDeletes: number): number;
}

export function placesOf(): Places {
  const held = new Map<string, number>();
  let all = 0;
  let first: string | undefined;
  let areSeveral = false;

  const heldBy = (destination: string): number => held.get(destination) ?? 0;

  function shareOf(destination: string, pendingDeletes: number): number {
    if (!areSeveral) return MAX_PENDING_DELETES;
    const ofOthers = all - heldBy(destination);
    return Math.floor((MAX_PENDING_DELETES - pendingDeletes - ofOthers) * SHARE);
  }

  function expect(destination: string): void {
    first ??= destination;
    areSeveral ||= destination !== first;
  }

  function change(destination: string, by: number): void {
    all += by;
    const now = heldBy(destination) + by;
    if (now === 0) held.delete(destination);
    else held.set(destination, now);
  }

  return {
    expect,
    fits(destination, count, pendingDeletes) {
      expect(destination);
      if (pendingDeletes + all === 0) return true;
      const share = Math.max(shareOf(destination, pendingDeletes), 2 * count);
      return pendingDeletes + all + count <= MAX_PENDING_DELETES && heldBy(destination) + count <= share;
    },
    take: change,
    giveBack: (destination, count) => change(destination, -count),
    enough: (destination, pendingDeletes) => Math.max(1, Math.floor(shareOf(destination, pendingDeletes) / 2)),
  };
}
