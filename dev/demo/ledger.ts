import type { ProxyCounts } from "../../lib/local/faults/proxy-counts.ts";
import type { Arrival } from "./arrivals.ts";
import type { WrittenOrder } from "./orders.ts";

/** The arrivals that the ledger reads. */
export type ArrivalsById = ReadonlyMap<string, Pick<Arrival, "firstAtMs" | "copies" | "latencyMs">>;

/** Why events came more than once, in copies beyond the first. */
export interface Duplicates {
  /** The proxy dropped the answer to a call that the target had taken. */
  readonly answerDropped: number;
  /** The target took the event after the caller had given up waiting. */
  readonly answerLate: number;
  /** The acknowledgement arrived, but no answer to the check whether the bus exists. */
  readonly busUnconfirmed: number;
  /** The event was acknowledged, but a process died before the delete, or two actors held the row at once. */
  readonly publishedAgain: number;
  /** None of these. */
  readonly unexplained: number;
}

/** The ledger of a run: which events were written, and which were ever seen parked. Arrivals record the deliveries. */
export class Ledger {
  readonly #written = new Map<string, WrittenOrder>();
  readonly #parked = new Set<string>();

  wrote(order: WrittenOrder): void {
    this.#written.set(order.eventId, order);
  }

  sawParked(eventIds: readonly string[]): void {
    for (const id of eventIds) {
      this.#parked.add(id);
    }
  }

  get written(): number {
    return this.#written.size;
  }

  /** Events that were seen in the dead-letter queue at some time. */
  get everParked(): number {
    return this.#parked.size;
  }

  undelivered(arrivals: ArrivalsById): readonly WrittenOrder[] {
    return [...this.#written.values()].filter(({ eventId }) => !arrivals.has(eventId));
  }

  /** Events that were parked once and have been delivered since. */
  requeued(arrivals: ArrivalsById): number {
    return [...this.#parked].filter((id) => arrivals.has(id)).length;
  }

  /** Latencies of the events written before (or from) a time, in the order of writing. */
  latencies(arrivals: ArrivalsById, which: (order: WrittenOrder) => boolean = () => true): readonly number[] {
    return [...this.#written.values()].filter(which).flatMap(({ eventId }) => arrivals.get(eventId)?.latencyMs ?? []);
  }

  /** When the last of the events written before `beforeMs` first arrived; undefined while one of them is missing. */
  lastArrivalOf(arrivals: ArrivalsById, beforeMs: number): number | undefined {
    let last = 0;
    for (const { eventId, recordedAtMs } of this.#written.values()) {
      const arrival = arrivals.get(eventId);
      if (recordedAtMs < beforeMs) {
        if (arrival === undefined) {
          return undefined;
        }
        last = Math.max(last, arrival.firstAtMs);
      }
    }
    return last;
  }
}

/** The causes that the proxy recorded. */
type Causes = Pick<ProxyCounts, "acknowledged" | "answersDropped" | "answersLate" | "busUnconfirmed">;

/** Attributes every extra copy to a cause that the proxy recorded, if there is one. */
export function explainDuplicates(
  arrivals: ArrivalsById,
  { acknowledged, answersDropped, answersLate, busUnconfirmed }: Causes,
): Duplicates {
  const found = { answerDropped: 0, answerLate: 0, busUnconfirmed: 0, publishedAgain: 0, unexplained: 0 };
  for (const [id, { copies }] of arrivals) {
    let extra = copies - 1;
    const explain = (cause: keyof Duplicates, times: number) => {
      const explained = Math.min(extra, times);
      found[cause] += explained;
      extra -= explained;
    };
    explain("answerDropped", answersDropped.get(id) ?? 0);
    explain("answerLate", answersLate.get(id) ?? 0);
    const unconfirmed = busUnconfirmed.get(id) ?? 0;
    explain("busUnconfirmed", unconfirmed);
    explain("publishedAgain", Math.max(0, (acknowledged.get(id) ?? 0) - 1 - unconfirmed));
    explain("unexplained", extra);
  }
  return found;
}

export interface Percentiles {
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

export const percentilesOf = (valuesMs: readonly number[]): Percentiles => ({
  p50Ms: percentile(valuesMs, 0.5),
  p99Ms: percentile(valuesMs, 0.99),
});

/** The value that a share of all values does not exceed (nearest rank); undefined without values. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}
