import { HOUR_MS, hourOf } from "../../../contract/archive/archive-gap.ts";
import type { KeptFor } from "./audit-report.ts";

const DAY_MS = 24 * HOUR_MS;

/**
 * Epoch milliseconds: what was written before may have been deleted by age. S3 deletes at the midnight after the days are
 * over. Where it cannot be asked for how long the bucket keeps objects, everything before the oldest one may have been there.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 */
export function expiredUntil(
  kept: KeptFor,
  oldestObjectMs: number | undefined,
  nowMs: number,
  toMs: number,
): number | undefined {
  switch (kept.kind) {
    case "for-ever":
      return undefined;
    case "days":
      // No age at all: whatever there was may be gone.
      return kept.days === 0 ? nowMs : Math.floor(nowMs / DAY_MS) * DAY_MS - kept.days * DAY_MS;
    case "unknown":
      return oldestObjectMs === undefined ? toMs : hourOf(oldestObjectMs);
  }
}
