/**
 * Runs `work` over all items, at most `width` at once, starting them in order. Results come in the items' order. Once
 * one has failed, nothing more is begun; the promise rejects with that error when all begun work is over, so that
 * nothing is left under way.
 *
 * @throws RangeError for a width that is not a whole number from 1 up (or Infinity): 0 and NaN would run nothing and
 * succeed.
 */
export async function boundedMap<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  refuseUnlessWidth(width);
  const results: Result[] = [];
  let next = 0;
  let failed: { readonly error: unknown } | undefined;
  const worker = async () => {
    for (let index = next++; index < items.length && failed === undefined; index = next++) {
      try {
        results[index] = await work(items[index] as Item);
      } catch (error) {
        failed ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  if (failed !== undefined) throw failed.error;
  return results;
}

/**
 * Puts pieces of work in a line: each begins in its turn, while fewer than `width` are running.
 *
 * @throws RangeError for a width that is not a whole number from 1 up: with 0 or NaN the line would never move.
 */
export function semaphore(width: number): <Result>(piece: () => Promise<Result>) => Promise<Result> {
  refuseUnlessWidth(width);
  const waiting: (() => void)[] = [];
  let free = width;
  return async (piece) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((begin) => waiting.push(begin));
    try {
      return await piece();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}

/**
 * Work that is begun piece by piece, with a limit on the pieces at once. The places are shared out among the lines that
 * have begun any, at least one for each: no line keeps another waiting.
 */
export interface TaskGroup {
  /** Resolves once the line has room and the piece has begun. Rejects, beginning nothing, once a piece has failed. */
  begin(line: string, piece: () => Promise<void>): Promise<void>;
  /** Waits for all begun pieces of a line. @default of all lines. Rejects with the first error of any. */
  done(line?: string): Promise<void>;
}

/**
 * @throws RangeError for a width that is not a whole number from 1 up: 0 would begin nothing, NaN everything at once.
 */
export function taskGroup(width: number): TaskGroup {
  refuseUnlessWidth(width);
  const lines = new Map<string, Set<Promise<void>>>();
  const errors: unknown[] = [];
  const throwFirst = () => {
    if (errors.length > 0) throw errors[0];
  };

  async function work(piece: () => Promise<void>): Promise<void> {
    try {
      await piece();
    } catch (error) {
      errors.push(error);
    }
  }

  return {
    async begin(line, piece) {
      const working = lines.get(line) ?? new Set();
      lines.set(line, working);
      while (working.size >= Math.max(1, Math.floor(width / lines.size))) await Promise.race(working);
      throwFirst();
      const begun = work(piece).finally(() => working.delete(begun));
      working.add(begun);
    },
    async done(line) {
      const waited = line === undefined ? [...lines.values()] : [lines.get(line) ?? []];
      await Promise.all(waited.flatMap((working) => [...working]));
      throwFirst();
    },
  };
}

function refuseUnlessWidth(width: number): void {
  if ((Number.isInteger(width) && width >= 1) || width === Number.POSITIVE_INFINITY) return;
  throw new RangeError(`The number of things at once is ${width}: it must be a whole number from 1 up.`);
}
