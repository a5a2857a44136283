import type { Clock } from "./ports.ts";

/** A call that had not settled by its deadline. It may still land; nobody waits for it any more. */
export class DeadlineExceeded extends Error {
  override readonly name = "DeadlineExceeded";

  constructor(what: string) {
    super(`${what} did not settle by its deadline; whether it landed is unknown`);
  }
}

/**
 * Ends the wait for calls that do not settle, whatever the port behind them does. One per process, which runs one
 * invocation at a time.
 *
 * All calls share one timer, which is set only while calls are under way: a process makes thousands of calls, and
 * nearly all settle within milliseconds.
 */
export interface CallDeadlines {
  /** Epoch milliseconds: when the running invocation's calls must be over. @default no limit before the first */
  readonly endMs: number;
  /** A moment later than `endMs`: the lease is given back after everything else. */
  readonly lastMs: number;
  /** An invocation begins: its calls to table and queue, and those left from an earlier one, are over by `endMs`. */
  begin(endMs: number): void;
  /**
   * Settles as `work` does, or rejects with {@link DeadlineExceeded} at `untilMs`; a later result is ignored. After
   * `untilMs` the work is not even begun.
   *
   * @param what names the call, for people.
   */
  race<Value>(what: string, work: () => Promise<Value>, untilMs: number): Promise<Value>;
}

interface Call {
  readonly untilMs: number;
  readonly giveUp: () => void;
}

/** An invocation keeps more time than this for its answer. */
const RELEASE_MS = 1_000;
/** The timer's longest sleep. A process with nothing else to do ends at most this much later. */
const LONGEST_SLEEP_MS = 1_000;

export function callDeadlines(clock: Clock): CallDeadlines {
  const underWay = new Set<Call>();
  let endMs = Number.POSITIVE_INFINITY;
  /** When the timer wakes next; no timer is set while this is infinite. */
  let wakesAtMs = Number.POSITIVE_INFINITY;

  async function watch(): Promise<void> {
    for (;;) {
      const nowMs = clock.now();
      let next = nowMs + LONGEST_SLEEP_MS;
      for (const call of underWay) {
        if (call.untilMs > nowMs) {
          next = Math.min(next, call.untilMs);
          continue;
        }
        underWay.delete(call);
        call.giveUp();
      }
      wakesAtMs = underWay.size === 0 ? Number.POSITIVE_INFINITY : next;
      if (underWay.size === 0) return;
      await clock.sleep(next - nowMs);
      // A call with an earlier deadline came meanwhile and set its own watch.
      if (wakesAtMs !== next) return;
    }
  }

  return {
    get endMs() {
      return endMs;
    },
    get lastMs() {
      return endMs + RELEASE_MS;
    },
    begin(untilMs) {
      endMs = untilMs;
    },
    race(what, work, untilMs) {
      if (untilMs === Number.POSITIVE_INFINITY) return work();
      return new Promise((resolve, reject) => {
        if (clock.now() >= untilMs) {
          reject(new DeadlineExceeded(what));
          return;
        }
        const call: Call = { untilMs, giveUp: () => reject(new DeadlineExceeded(what)) };
        work().then(
          (value) => {
            underWay.delete(call);
            resolve(value);
          },
          (error) => {
            underWay.delete(call);
            reject(error);
          },
        );
        underWay.add(call);
        if (untilMs < wakesAtMs) void watch();
      });
    },
  };
}
