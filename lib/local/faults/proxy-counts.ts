import type { Fault } from "./faults.ts";

/** Counts of what the fault proxy did. A refused connection never reaches it, so `refuse` is not counted. */
export interface ProxyCounts {
  /** Requests, by the fault they met. */
  readonly requests: Readonly<Record<Exclude<Fault["kind"], "refuse">, number>>;
  readonly entriesThrottled: number;
  /** Event ids whose acknowledgement reached the caller, with how often. */
  readonly acknowledged: ReadonlyMap<string, number>;
  /** Event ids that the target took while the proxy dropped the answer, with how often. */
  readonly answersDropped: ReadonlyMap<string, number>;
  /** Event ids that the target took after the caller had given up waiting, with how often. */
  readonly answersLate: ReadonlyMap<string, number>;
  /**
   * Event ids that were acknowledged again before any caller was told that the bus exists, with how often. Without that
   * confirmation the relay had to publish them again.
   */
  readonly busUnconfirmed: ReadonlyMap<string, number>;
  /** Requests that the endpoint behind the proxy did not answer; the caller got a 502. */
  readonly upstreamFailures: number;
}

/** The recorder behind a {@link ProxyCounts}. */
export interface RequestCounter {
  readonly counts: ProxyCounts;
  request(kind: keyof ProxyCounts["requests"]): void;
  throttled(entries: number): void;
  acknowledged(ids: readonly string[]): void;
  dropped(ids: readonly string[]): void;
  late(ids: readonly string[]): void;
  /** A check of the bus came in. Call the returned function when the caller gets the answer. */
  look(): (isThere: boolean) => void;
  upstreamFailed(): void;
}

export function countRequests(): RequestCounter {
  const requests = {
    pass: 0,
    unavailable: 0,
    deny: 0,
    "throttle-entries": 0,
    "fail-entries": 0,
    "drop-answer": 0,
    hang: 0,
    reset: 0,
    "lose-bus": 0,
  };
  const acknowledged = new Map<string, number>();
  const answersDropped = new Map<string, number>();
  const answersLate = new Map<string, number>();
  const busUnconfirmed = new Map<string, number>();
  /** Acknowledged, and not known to be confirmed. */
  const unconfirmed = new Set<string>();
  /**
   * Those of them for which a check came in. Unless that check is answered, they are published again: no later one
   * helps.
   */
  const lookedFor = new Set<string>();
  /** Confirmed by a single check. The caller may have begun it before it got the acknowledgement, and need another. */
  const confirmedOnce = new Set<string>();
  let entriesThrottled = 0;
  let upstreamFailures = 0;
  return {
    get counts() {
      return {
        requests: { ...requests },
        entriesThrottled,
        acknowledged,
        answersDropped,
        answersLate,
        busUnconfirmed,
        upstreamFailures,
      };
    },
    request(kind) {
      requests[kind] += 1;
    },
    throttled(entries) {
      entriesThrottled += entries;
    },
    acknowledged(ids) {
      addTo(acknowledged, ids);
      addTo(
        busUnconfirmed,
        ids.filter((id) => unconfirmed.has(id)),
      );
      for (const id of ids) {
        unconfirmed.add(id);
        lookedFor.delete(id);
        confirmedOnce.delete(id);
      }
    },
    dropped: (ids) => addTo(answersDropped, ids),
    late: (ids) => addTo(answersLate, ids),
    look() {
      // The check confirms the acknowledgements before it, not those that come while it is in progress.
      const waiting = [...unconfirmed].filter((id) => !lookedFor.has(id));
      const doubtful = [...confirmedOnce];
      for (const id of waiting) {
        lookedFor.add(id);
      }
      return (isThere) => {
        for (const id of doubtful) {
          if (confirmedOnce.delete(id) && !isThere) unconfirmed.add(id);
        }
        if (!isThere) return;
        for (const id of waiting) {
          unconfirmed.delete(id);
          confirmedOnce.add(id);
        }
      };
    },
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
