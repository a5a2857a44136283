import type { Clock } from "./ports.ts";

/** A promise's outcome, or `late` where it takes longer than so many milliseconds. What comes too late is nobody's business. */
export async function inTime<Value, Late>(
  promise: Promise<Value>,
  ms: number,
  late: Late,
  clock: Clock,
): Promise<Value | Late> {
  const over = new AbortController();
  try {
    return await Promise.race([promise, clock.sleep(ms, over.signal).then(() => late)]);
  } finally {
    over.abort();
  }
}
