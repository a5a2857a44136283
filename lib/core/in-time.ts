import type { Clock } from "./ports.ts";

/** A promise's outcome, or that of a wait which ends first. The loser is ignored; the wait is told to stop. */
export async function unlessFirst<Value, Other>(
  promise: Promise<Value>,
  wait: (stop: AbortSignal) => Promise<Other>,
): Promise<Value | Other> {
  const stop = new AbortController();
  try {
    return await Promise.race([promise, wait(stop.signal)]);
  } finally {
    stop.abort();
  }
}

/** A promise's outcome, or `late` if it takes longer than `ms` milliseconds. */
export const inTime = <Value, Late>(
  promise: Promise<Value>,
  ms: number,
  late: Late,
  clock: Clock,
): Promise<Value | Late> => unlessFirst(promise, (stop) => clock.sleep(ms, stop).then(() => late));
