import type { Clock } from "../../core/ports.ts";

/** What `work` resolves with, or `late` where that has not come by `untilMs` (epoch milliseconds). */
export async function inTime<Value>(work: Promise<Value>, untilMs: number, clock: Clock, late: Value): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<Value>((resolve) => {
    timer = setTimeout(resolve, Math.max(1, untilMs - clock.now()), late);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
