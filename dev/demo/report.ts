import type { Duplicates, Percentiles } from "./ledger.ts";
import { duration } from "./progress.ts";

/** How a run ended. Times in milliseconds. */
export interface RunResult {
  readonly written: number;
  readonly delivered: number;
  /** Ids of events that were written and never arrived. */
  readonly lost: readonly string[];
  readonly duplicates: Duplicates;
  readonly everParked: number;
  readonly requeued: number;
  /** How long the target was away in total. */
  readonly outageMs: number;
  /** From the target's return until every event written before had arrived; undefined if one never arrived. */
  readonly recoveryMs: number | undefined;
  readonly latencyUp: Percentiles;
  readonly latencyAll: Percentiles;
  /** Rows left in the outbox table, and messages left in the dead-letter queue. */
  readonly rowsLeft: number;
  readonly messagesLeft: number;
}

/** Whether the promise was kept: nothing lost, and nothing left behind. */
export function kept(result: RunResult): boolean {
  return result.lost.length === 0 && result.rowsLeft === 0 && result.messagesLeft === 0;
}

const SHOWN_LOST = 5;

/** The closing table. */
export function reportLines(result: RunResult): string[] {
  const { written, delivered, lost, duplicates, everParked, requeued, rowsLeft, messagesLeft } = result;
  const percentiles = ({ p50Ms, p99Ms }: Percentiles) => `p50 ${duration(p50Ms)}, p99 ${duration(p99Ms)}`;
  const rows: readonly (readonly [string, string])[] = [
    ["written", `${written}`],
    ["delivered", written === delivered ? `${delivered}  (written = delivered)` : `${delivered}`],
    ["lost", lost.length === 0 ? "0" : `${lost.length}  (${shownIds(lost)})`],
    ["duplicates", `${Object.values(duplicates).reduce((sum, copies) => sum + copies, 0)}`],
    ["  answer dropped by the proxy", `${duplicates.answerDropped}`],
    ["  answer after the relay's timeout", `${duplicates.answerLate}`],
    ["  bus not confirmed after the answer", `${duplicates.busUnconfirmed}`],
    ["  published again after an answer", `${duplicates.publishedAgain}`],
    ["  unexplained", `${duplicates.unexplained}`],
    ["parked in the dead-letter queue", `${everParked}`],
    ["  delivered after that", `${requeued}`],
    ["target away for", duration(result.outageMs)],
    ["recovered after its return in", result.recoveryMs === undefined ? "never" : duration(result.recoveryMs)],
    ["latency while the target was up", percentiles(result.latencyUp)],
    ["latency of all", percentiles(result.latencyAll)],
    ["left in table, in queue", `${rowsLeft}, ${messagesLeft}`],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  const verdict = kept(result) ? "Nothing was lost." : "NOT everything was delivered.";
  return ["", ...rows.map(([label, value]) => `  ${label.padEnd(width)}   ${value}`), "", `  ${verdict}`];
}

const shownIds = (ids: readonly string[]): string =>
  ids.length > SHOWN_LOST ? `${ids.slice(0, SHOWN_LOST).join(", ")} ...` : ids.join(", ");
