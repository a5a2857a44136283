import { HOUR_MS } from "../../../contract/archive/archive-gap.ts";
import type { Clock, Telemetry } from "../../../core/ports.ts";
import type { AuditFindings, AuditRequest } from "./audit.ts";
import type { AuditReport, UnacknowledgedEvent, UnacknowledgedVerdict } from "./audit-report.ts";
import { auditWindow } from "./audit-window.ts";
import { shownFindings } from "./shown-findings.ts";

export interface ScheduledAuditPorts {
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Audits the relay. Rejects with AuditStopped once `stopped` says so. */
  readonly audit: (request: AuditRequest, found: AuditFindings, stopped: () => boolean) => Promise<AuditReport>;
}

export interface ScheduledAuditOptions {
  /** How much of the time before now is audited. */
  readonly windowHours: number;
  /** How long an invocation of the relay may go on. */
  readonly invocationMs: number;
  readonly keepsOrder: boolean;
}

/** What a run answers, for whoever invokes it by hand. */
export interface ScheduledAuditResult {
  readonly accountedFor: boolean;
  readonly met: number;
  readonly removed: number;
  readonly unaccounted: number;
}

/** Events that the log names. The command lists all of them. */
export const NAMED_EVENTS = 20;

/**
 * Audits the last hours, and tells metrics and log what is not accounted for. It only reads, so runs may overlap.
 *
 * @param endMs epoch milliseconds: when it must be over.
 * @throws AuditStopped where the time was too short. Nothing is told then, and the alarm on missing runs goes on.
 */
export async function scheduledAudit(
  { clock, telemetry, audit }: ScheduledAuditPorts,
  { windowHours, invocationMs, keepsOrder }: ScheduledAuditOptions,
  endMs: number,
): Promise<ScheduledAuditResult> {
  const nowMs = clock.now();
  const choice = auditWindow({ fromMs: nowMs - windowHours * HOUR_MS, toMs: nowMs }, nowMs, invocationMs);
  if (choice.kind !== "window") throw new Error(`A window of ${windowHours} hours is shorter than what is cut off`);
  const { window, isCut } = choice;
  const shown = shownFindings(NAMED_EVENTS);
  const request = { window, isCut, keepsOrder, gapless: false, onProgress: () => {} };
  const report = await audit(request, unaccountedOnly(shown), () => clock.now() >= endMs);
  const unaccounted = unaccountedIn(report);
  telemetry.count("AuditRuns");
  telemetry.count("AuditUnaccounted", unaccounted);
  telemetry.count("AuditRemoved", report.counts.removed);
  tellReport(telemetry, report);
  for (const event of shown.events()) tellEvent(telemetry, event);
  const { met, removed } = report.counts;
  return { accountedFor: report.isAccountedFor, met, removed, unaccounted };
}

/** What is not accounted for, counted: at least 1 where something hides events, though nobody knows how many. */
function unaccountedIn({ counts, unreadableCount, isAccountedFor }: AuditReport): number {
  const { removed, undecided, inFlight } = counts;
  return Math.max(removed + undecided + inFlight + unreadableCount, isAccountedFor ? 0 : 1);
}

/** An event that waits or was set aside is accounted for. */
const IS_ACCOUNTED_FOR = {
  removed: false,
  undecided: false,
  "in-flight": false,
  waiting: true,
  "set-aside": true,
} as const satisfies Record<UnacknowledgedVerdict["kind"], boolean>;

const unaccountedOnly = (found: AuditFindings): AuditFindings => ({
  ...found,
  unacknowledged(event) {
    if (!IS_ACCOUNTED_FOR[event.verdict.kind]) found.unacknowledged(event);
  },
});

function tellReport(telemetry: Telemetry, report: AuditReport): void {
  const { window, counts, isAccountedFor, objects, lines, missingHours, unreadable, unreadableCount } = report;
  const message = isAccountedFor ? "Audit: all is accounted for" : "Audit: not all is accounted for";
  telemetry.log(isAccountedFor ? "info" : "warn", message, {
    from: timeOf(window.fromMs),
    to: timeOf(window.toMs),
    ...counts,
    ...{ objects, lines },
    missingHours: missingHours.length,
    unreadable: unreadableCount,
    ...(unreadable[0] === undefined ? {} : { firstUnreadable: unreadable[0].objectKey, why: unreadable[0].why }),
    ...(report.expiredUntilMs === undefined ? {} : { expiredUntil: timeOf(report.expiredUntilMs) }),
  });
}

function tellEvent(telemetry: Telemetry, { key, id, type, metAtMs, verdict }: UnacknowledgedEvent): void {
  const fields = { id, type, key: key.pk, sequence: key.sk, state: verdict.kind, metAt: timeOf(metAtMs) };
  telemetry.log("warn", "Audit: an event is not accounted for", fields);
}

const timeOf = (ms: number): string => new Date(ms).toISOString();
