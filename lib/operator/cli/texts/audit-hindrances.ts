import type { AuditReport, KeptFor } from "../../core/audit/audit-report.ts";
import { counted } from "../counted.ts";
import { clockTime } from "../times.ts";
import type { Advice } from "./fault-texts.ts";

/** What keeps an audit from knowing all, and what to do about it. */
export function hindrancesOf(report: AuditReport, bucket: string): readonly Advice[] {
  return [
    expiryText(report, bucket),
    oldestText(report),
    missingText(report),
    unreadableText(report),
    inFlightText(report),
  ].filter((each) => each !== undefined);
}

export function expiryText(
  { expiredUntilMs, kept }: Pick<AuditReport, "expiredUntilMs" | "kept">,
  bucket: string,
): Advice | undefined {
  if (expiredUntilMs === undefined) return undefined;
  return {
    what: `What was written before ${clockTime(expiredUntilMs)} may have been deleted: ${keptText(kept, bucket)}`,
    fix:
      kept.kind === "unknown"
        ? "ask for a role that has OutboxRelay.grantInspect, or begin the window later"
        : "begin the window later; a longer `archive.retentionDays`, or lifecycle of your own bucket, keeps more from now on",
  };
}

const keptText = (kept: KeptFor, bucket: string): string =>
  kept.kind === "days"
    ? `the bucket ${bucket} keeps objects for ${counted(kept.days, "day")}`
    : `you lack the permission s3:GetLifecycleConfiguration on ${bucket}, so nobody knows for how long it keeps objects`;

function oldestText({ oldestObjectMs, window }: AuditReport): Advice | undefined {
  if (oldestObjectMs === undefined) {
    return {
      what: "The archive is empty: the relay has met nothing since it was switched on",
      fix: "outbox-relay put, which writes one test event; then the audit of its time",
    };
  }
  if (oldestObjectMs <= window.fromMs) return undefined;
  return {
    what: `The archive's oldest object is of ${clockTime(oldestObjectMs)}: it tells nothing of what was met before`,
    fix: "if the archive was switched on then, begin the window there",
  };
}

const SHOWN_HOURS = 5;

function missingText({ missingHours, isWindowMissing }: AuditReport): Advice | undefined {
  if (missingHours.length === 0) return undefined;
  const more = missingHours.length > SHOWN_HOURS ? ` and ${missingHours.length - SHOWN_HOURS} more` : "";
  const hours = `${missingHours.slice(0, SHOWN_HOURS).map(clockTime).join(", ")}${more}`;
  return {
    what: `Lines may be missing of the ${missingHours.length === 1 ? "hour" : "hours"} from ${hours}: ${
      isWindowMissing
        ? "what was met then may not be counted here"
        : "what was acknowledged then may have no receipt, and is undecided"
    }`,
    fix: "look at the metric ReceiptsMissing; lines that S3 never took do not come back",
  };
}

export function unreadableText({ unreadableCount }: Pick<AuditReport, "unreadableCount">): Advice | undefined {
  if (unreadableCount === 0) return undefined;
  return {
    what: `${unreadableCount === 1 ? "1 object or line" : `${unreadableCount} objects or lines`} of the archive cannot be read, and may have told of any event`,
    fix: "restore it from another version or a copy; what cannot be restored is lost",
  };
}

const inFlightText = ({ counts }: AuditReport): Advice | undefined =>
  counts.inFlight === 0
    ? undefined
    : {
        what: "Events were moved or written while the table was read",
        fix: "run the audit again",
      };
