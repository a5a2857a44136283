import { inTime } from "../../in-time.ts";
import type { Clock } from "../../ports.ts";
import { type Result, resultOf } from "../../result.ts";

/**
 * The parts of the drain's rounds, one for each destination of a round. A destination that hangs, or waits for its
 * existence check, holds up others once, and for 5 s at most: once another part of the round is over, the round waits that long for
 * it and ends without it. Until that part is over, the destination is behind, and gets no other.
 */
export interface RoundParts {
  /** Whether a part of an earlier round, for this destination, goes on. */
  isBehind(destination: string): boolean;
  /** Begins all parts. Resolves when the round is over. Rejects with the first error of a part that it waited for. */
  begin(parts: ReadonlyMap<string, () => Promise<void>>): Promise<void>;
  /** Waits for the parts that outlasted their rounds. Rejects with the first error of any. */
  settled(): Promise<void>;
}

/**
 * Longer than a healthy part takes beyond another one: it may have a hundred events, at twenty calls a second at first. And as long
 * as an event waits for its destination's existence check.
 */
const PATIENCE_MS = 5_000;

export function roundParts(clock: Clock): RoundParts {
  const behind = new Map<string, Set<Promise<Result<void>>>>();
  const outlasting: Promise<Result<void>>[] = [];

  function leaveBehind(destination: string, part: Promise<Result<void>>): void {
    const parts = behind.get(destination) ?? new Set();
    behind.set(destination, parts.add(part));
    outlasting.push(
      part.finally(() => {
        parts.delete(part);
        if (parts.size === 0) behind.delete(destination);
      }),
    );
  }

  return {
    isBehind: (destination) => behind.has(destination),
    async begin(parts) {
      const ended = new Map<string, Result<void>>();
      const begun = [...parts].map(async ([destination, part]) => {
        const result = await resultOf(part());
        ended.set(destination, result);
        return result;
      });
      if (begun.length === 0) return;
      await Promise.race(begun);
      await inTime(Promise.all(begun), PATIENCE_MS, undefined, clock);
      for (const [index, destination] of [...parts.keys()].entries()) {
        const part = begun[index];
        if (part !== undefined && !ended.has(destination)) leaveBehind(destination, part);
      }
      throwFirst([...ended.values()]);
    },
    async settled() {
      throwFirst(await Promise.all(outlasting));
    },
  };
}

function throwFirst(results: readonly Result<void>[]): void {
  for (const result of results) if (!result.ok) throw result.error;
}
