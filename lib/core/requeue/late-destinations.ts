import { inTime } from "../in-time.ts";
import type { Clock } from "../ports.ts";
import { type Result, resultOf } from "../result.ts";

/**
 * The destinations of one run that others do not wait for: one that hangs, or waits for its existence check. Work for a
 * destination is waited for a second. Then it goes on beside the run, and its destination is late until it is over.
 *
 * What is found for a late destination stands in a line, which its work goes on with. Nothing of it is put off otherwise: a
 * destination that is slow, and no more than that, loses nothing by being late.
 */
export interface LateDestinations {
  has(destination: string): boolean;
  /** Resolves when the work is over, or when its destination is late: at once where it is. Rejects as the work does before that. */
  unlessLate(destination: string, work: Promise<unknown>): Promise<void>;
  /** Nobody waits for this work any more: its destination is late until it is over. */
  add(destination: string, work: Promise<unknown>): void;
  /** Waits for all work that is late. Rejects with the first error of any. */
  settled(): Promise<void>;
}

/** Longer than a round trip to a sound destination, its existence check included; a fortieth of a run. */
export const PATIENCE_MS = 1_000;

export function lateDestinations(clock: Clock): LateDestinations {
  const late = new Map<string, Set<Promise<Result<unknown>>>>();
  const errors: unknown[] = [];

  function add(destination: string, work: Promise<unknown>): void {
    const works = late.get(destination) ?? new Set();
    const watched = resultOf(work).then((result) => {
      if (!result.ok) errors.push(result.error);
      works.delete(watched);
      if (works.size === 0) late.delete(destination);
      return result;
    });
    late.set(destination, works.add(watched));
  }

  return {
    has: (destination) => late.has(destination),
    add,
    async unlessLate(destination, work) {
      const over = work.then(() => true);
      if (late.has(destination) || !(await inTime(over, PATIENCE_MS, false, clock))) add(destination, over);
    },
    async settled() {
      while (late.size > 0) await Promise.all([...late.values()].flatMap((works) => [...works]));
      if (errors.length > 0) throw errors[0];
    },
  };
}
