import { HOUR_MS } from "../../../contract/archive/archive-gap.ts";
import type { AuditPorts } from "./audit-ports.ts";
import {
  type AuditCounts,
  type AuditReport,
  countMet,
  countReceipts,
  noCounts,
  type UnacknowledgedEvent,
  unacknowledgedEvent,
} from "./audit-report.ts";
import { type AuditWindow, CLOCK_MARGIN_MS, isWithin } from "./audit-window.ts";
import { expiredUntil } from "./expiry.ts";
import { readFact } from "./facts.ts";
import { type EventHistory, historiesOf, type RowHistory } from "./histories.ts";
import { KEY_PARTITIONS, type NeverMet, neverMetIn } from "./never-met.ts";
import { AuditStopped, type ReadingOptions, readEverything } from "./reading.ts";
import { PARTITIONS, type Spill } from "./spill.ts";
import { type AcknowledgedVerdict, type ReadingContext, verdictOf } from "./verdict.ts";

/**
 * Says of every event that the stream brought to the relay inside a window what became of it. It reads archive, table and
 * journal (`reading.ts` says in which order, and what that proves), and judges the events partition by partition
 * (`verdict.ts`), so that memory holds one partition at a time.
 */
export interface AuditRequest extends ReadingOptions {
  /** Whether the window was to end later. */
  readonly isCut: boolean;
}

/** Is told what was found, in no order. There may be millions. */
export interface AuditFindings {
  unacknowledged(event: UnacknowledgedEvent): void;
  neverMet(sequences: NeverMet): void;
}

/** @throws AuditStopped when the operator wants it to end. */
export async function audit(ports: AuditPorts, request: AuditRequest, found: AuditFindings): Promise<AuditReport> {
  const { archive, spill, stopped } = ports;
  const { window, isCut, gapless, onProgress } = request;
  // Before anything else is read, for objects may be deleted by age meanwhile.
  const [oldestObjectMs, kept] = await Promise.all([archive.oldestMs(), archive.kept()]);
  const reading = await readEverything(ports, request);
  const expiry = expiredUntil(kept, oldestObjectMs, reading.beganMs, window.toMs);
  const missingUntilMs = latest([
    ...reading.missingHours.slice(-1).map((hour) => hour + HOUR_MS + CLOCK_MARGIN_MS),
    reading.unreadableUntilMs === undefined ? undefined : reading.unreadableUntilMs + CLOCK_MARGIN_MS,
    expiry,
    // What was delivered before the archive was switched on has no receipt.
    oldestObjectMs === undefined ? undefined : oldestObjectMs - CLOCK_MARGIN_MS,
  ]);
  const counts = noCounts();
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    if (stopped()) throw new AuditStopped("stopped");
    onProgress({ kind: "judging", partition });
    judgePartition(spill, partition, { window, reading: { ...reading, missingUntilMs }, counts }, found);
  }
  for (const partition of gapless ? KEY_PARTITIONS : []) {
    for (const sequences of neverMetIn(spill.read(partition))) {
      counts.neverMet += sequences.to - sequences.from + 1;
      found.neverMet(sequences);
    }
  }
  const isWindowMissing = reading.missingHours.some((hour) => hasHour(window, hour));
  const isExpired = expiry !== undefined && expiry > window.fromMs;
  return {
    ...{ window, isCut, counts, kept, oldestObjectMs, isWindowMissing },
    ...{ beganMs: reading.beganMs, objects: reading.objects, lines: reading.lines },
    ...{ missingHours: reading.missingHours, unreadable: reading.unreadable, unreadableCount: reading.unreadableCount },
    ...(isExpired && { expiredUntilMs: expiry }),
    isAccountedFor:
      counts.removed + counts.undecided + counts.inFlight + counts.neverMet + reading.unreadableCount === 0 &&
      !isWindowMissing &&
      !isExpired,
  };
}

/** A line belongs to the hour of its own time, so no clocks are compared. */
const hasHour = ({ fromMs, toMs }: AuditWindow, hourMs: number): boolean => hourMs < toMs && hourMs + HOUR_MS > fromMs;

interface Judging {
  readonly window: AuditWindow;
  readonly reading: ReadingContext;
  readonly counts: AuditCounts;
}

function judgePartition(spill: Spill, partition: number, judging: Judging, found: AuditFindings): void {
  const { window } = judging;
  const rows = historiesOf(factsIn(spill, partition), window);
  for (const ofRow of rows) {
    for (const event of ofRow) judgeEvent(event, ofRow, judging, found);
  }
}

function* factsIn(spill: Spill, partition: number) {
  for (const text of spill.read(partition)) yield readFact(text);
}

function judgeEvent(
  event: EventHistory,
  ofRow: RowHistory,
  { window, reading, counts }: Judging,
  found: AuditFindings,
) {
  if (event.isMetInWindow) {
    const verdict = verdictOf(event, ofRow, reading);
    countMet(counts, verdict);
    if (verdict.kind !== "acknowledged") found.unacknowledged(unacknowledgedEvent(event, verdict));
  } else if ([...event.receipts.values()].some(({ atMs }) => isWithin(window, atMs))) {
    counts.acknowledgedUnmet += 1;
    countReceipts(counts, verdictOf(event, ofRow, reading) as AcknowledgedVerdict);
  }
}

function latest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((ms) => ms !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
