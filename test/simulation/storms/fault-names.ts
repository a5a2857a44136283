/** Everything that can go wrong. Each has a counter in the report, and a campaign in which one never happened fails. */
export const FAULTS = [
  "publish throttled",
  "publish failed",
  "publish timed out, not landed",
  "acknowledgement lost",
  "landed late",
  "entry refused",
  "partial batch failure",
  "destination missing",
  "check throttled",
  "check denied",
  "checks denied for a while",
  "checks throttled for a while",
  "crash",
  "invocation overlaps",
  "batch redelivered",
  "record discarded",
  "record late",
  "records reordered",
  "send failed",
  "dead letter lost",
  "queue purged",
  "queue unreachable",
  "table write failed",
  "table read failed",
  "write landed late",
  "answer delayed",
  "lease expired under its holder",
  "clock skewed",
  "target outage",
  "row repaired",
  "invocation timed out",
  "key reused",
  "torn query",
  "parked-key record touched under its drainer",
  "transaction conflict",
  "table throttled",
  "deletes refused for a while",
  "query missed a row",
  "operator quarantined",
  "operator discarded",
  "operator released",
  "operator paused",
  "operator resumed",
  "run queued",
  "one event fails its call",
  "destination hangs",
  "route full",
] as const;

/** What can go wrong with an archive, and with rows that somebody deletes. Only storms with an archive have these. */
export const ARCHIVE_FAULTS = [
  "archive refused",
  "archive's answer lost",
  "object landed late",
  "archive slow",
  "archive away for a while",
  "note refused",
  "notes refused for a while",
  "row removed by hand",
] as const;

export type Fault = (typeof FAULTS)[number] | (typeof ARCHIVE_FAULTS)[number];

export interface FaultMix {
  readonly faults: readonly Fault[];
  readonly chances: readonly number[];
}
