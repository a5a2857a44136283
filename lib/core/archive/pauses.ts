import type { Clock } from "../ports.ts";

/** Sleeps that are over at once when nothing is waited for any more, so that no timer outlives the work. */
export interface Pauses {
  /** Resolves at `untilMs`, in epoch milliseconds, or with the next `end`. */
  until(untilMs: number): Promise<void>;
  /** Ends all pauses that are under way. */
  end(): void;
}

export function pausesOn(clock: Clock): Pauses {
  const underWay = new Set<() => void>();
  return {
    until: (untilMs) =>
      new Promise((resolve) => {
        const stop = new AbortController();
        const over = () => {
          underWay.delete(over);
          stop.abort();
          resolve();
        };
        underWay.add(over);
        if (untilMs < Number.POSITIVE_INFINITY) {
          void clock.sleep(Math.max(0, untilMs - clock.now()), stop.signal).then(over);
        }
      }),
    end: () => {
      for (const over of [...underWay]) over();
    },
  };
}
