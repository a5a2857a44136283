import type { Fault } from "./faults.ts";

/** What the fault proxy did so far. A refused connection never reaches it, so `refuse` is not counted. */
export interface ProxyTally {
  /** Requests by what was done to them. */
  readonly requests: Readonly<Record<Exclude<Fault["kind"], "refuse">, number>>;
  readonly entriesThrottled: number;
  /** Event ids whose acknowledgement reached the caller, with how often. */
  readonly acknowledged: ReadonlyMap<string, number>;
  /** Event ids that the target took while the proxy dropped the answer, with how often. */
  readonly answersDropped: ReadonlyMap<string, number>;
  /** Event ids that the target took after the caller had given up waiting, with how often. */
  readonly answersLate: ReadonlyMap<string, number>;
  /** Requests that the endpoint behind the proxy did not answer; the caller got a 502. */
  readonly upstreamFailures: number;
}

/** The books behind a {@link ProxyTally}. */
export interface TallyKeeper {
  readonly tally: ProxyTally;
  request(kind: keyof ProxyTally["requests"]): void;
  throttled(entries: number): void;
  acknowledged(ids: readonly string[]): void;
  dropped(ids: readonly string[]): void;
  late(ids: readonly string[]): void;
  upstreamFailed(): void;
}

export function keepTally(): TallyKeeper {
  const requests = { pass: 0, unavailable: 0, "throttle-entries": 0, "drop-answer": 0, hang: 0, reset: 0 };
  const acknowledged = new Map<string, number>();
  const answersDropped = new Map<string, number>();
  const answersLate = new Map<string, number>();
  let entriesThrottled = 0;
  let upstreamFailures = 0;
  return {
    get tally() {
      return {
        requests: { ...requests },
        entriesThrottled,
        acknowledged,
        answersDropped,
        answersLate,
        upstreamFailures,
      };
    },
    request(kind) {
      requests[kind] += 1;
    },
    throttled(entries) {
      entriesThrottled += entries;
    },
    acknowledged: (ids) => addTo(acknowledged, ids),
    dropped: (ids) => addTo(answersDropped, ids),
    late: (ids) => addTo(answersLate, ids),
    upstreamFailed() {
      upstreamFailures += 1;
    },
  };
}

function addTo(counts: Map<string, number>, ids: readonly string[]): void {
  for (const id of ids) {
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
}
