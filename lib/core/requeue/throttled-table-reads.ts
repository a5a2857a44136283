import { errorName } from "../../contract/telemetry/error-name.ts";
import type { Clock, OutboxTable, Random, Telemetry } from "../ports.ts";

/**
 * The outbox table as a run of the requeuer uses it: a read that the table refuses is repeated, and slows the others.
 *
 * A table that throttles is well. Scan, count and consistent reads share the capacity of its partitions, so one refused
 * read means that all come too fast. They wait together, with full jitter and longer each time, until a read is
 * answered again. After {@link MAX_REFUSALS} refused tries in a row, each made after the refusal before, a read
 * rejects, as it does when time is up.
 *
 * Only reads and lease calls are repeated: any other write is repeated by callers who know what it means when the first
 * one landed.
 */
export function patientTable(
  table: OutboxTable,
  { clock, random, telemetry }: PatientPorts,
  untilMs: number,
): OutboxTable {
  let refusals = 0;
  let refusedAtMs = Number.NEGATIVE_INFINITY;
  let readAgainAtMs = Number.NEGATIVE_INFINITY;

  async function again<Answer>(attempt: () => Promise<Answer>): Promise<Answer> {
    for (;;) {
      const waitMs = readAgainAtMs - clock.now();
      if (waitMs > 0) await clock.sleep(waitMs);
      const readAtMs = clock.now();
      try {
        const answer = await attempt();
        // A read begun before the last refusal tells about the pace before it.
        if (readAtMs > refusedAtMs) refusals = 0;
        return answer;
      } catch (error) {
        refuse(readAtMs, error);
        if (refusals >= MAX_REFUSALS || readAgainAtMs >= untilMs) throw error;
      }
    }
  }

  function refuse(readAtMs: number, error: unknown): void {
    if (readAtMs <= refusedAtMs) return;
    refusals += 1;
    refusedAtMs = clock.now();
    readAgainAtMs = refusedAtMs + random() * Math.min(CAP_MS, BASE_MS * 2 ** refusals);
    telemetry.log("warn", "The outbox table refused a request; the run goes on, more slowly", {
      refusals,
      error: errorName(error),
    });
  }

  return {
    deleteRows: (rows) => table.deleteRows(rows),
    mark: (row, mark) => table.mark(row, mark),
    markSeen: (key, seenAtMs) => table.markSeen(key, seenAtMs),
    // An owner may take its own lease again, and giving it back twice does no harm: both may be repeated.
    acquireLease: (owner, nowMs, leaseUntilMs) => again(() => table.acquireLease(owner, nowMs, leaseUntilMs)),
    releaseLease: (owner) => again(() => table.releaseLease(owner)),
    readRows: (keys) => again(() => table.readRows(keys)),
    scan: (from) => again(() => table.scan(from)),
    count: (after) => again(() => table.count(after)),
  };
}

export interface PatientPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

/** Refusals in a row after which a read rejects: after 6 s of waiting on average, on top of the client's own attempts. */
export const MAX_REFUSALS = 8;
const BASE_MS = 50;
const CAP_MS = 5_000;
