/**
 * How many events per process may be acknowledged, or published, without being deleted: the most that a crash can
 * publish twice. A single call with more entries goes out alone.
 */
export const MAX_PENDING_DELETES = 1_000;

/** A larger share speeds up two healthy destinations, and slows down a healthy one beside one that hangs. */
const SHARE = 3 / 4;

/**
 * The places that events take from before their call until their rows are pending, by destination. Failed calls and
 * deleted rows give them back.
 *
 * A sole destination has all places. Of several, each has three quarters of what the others leave, and always two calls
 * while there is room: a destination that hangs, or whose acknowledgements wait for proof, holds its places for
 * seconds, and the others go on with theirs.
 */
export interface Places {
  /** Makes a destination known before it takes any place. */
  expect(destination: string): void;
  /** Whether a call of this many events may be made now, beside this many pending rows. */
  fits(destination: string, count: number, pendingDeletes: number): boolean;
  take(destination: string, count: number): void;
  giveBack(destination: string, count: number): void;
  /** How many acknowledged events have taken half of their destination's places: this many need not wait for more. */
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
