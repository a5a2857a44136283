import type { UnacknowledgedVerdict, Unreadable } from "../../core/audit/audit-report.ts";
import type { NeverMet } from "../../core/audit/never-met.ts";
import type { AuditStep } from "../../core/audit/reading.ts";
import { PARTITIONS } from "../../core/audit/spill.ts";
import type { Successor } from "../../core/audit/verdict.ts";
import type { WaitingEvent } from "../../core/events/waiting-event.ts";
import { counted } from "../counted.ts";
import { failureText } from "../event-text.ts";
import { plain } from "../output.ts";
import { clockTime } from "../times.ts";

/** What became of an event, in one word or two: stored in `--json`. */
export const VERDICT_WORDS = {
  waiting: "waiting",
  "set-aside": "set aside",
  "in-flight": "in flight",
  undecided: "undecided",
  removed: "removed without a receipt",
} as const satisfies Record<UnacknowledgedVerdict["kind"], string>;

/**
 * Why an event is not acknowledged.
 *
 * @param nowMs when it was read.
 */
export function verdictText(verdict: UnacknowledgedVerdict, nowMs: number): string {
  switch (verdict.kind) {
    case "waiting":
      return waitingText(verdict.row, nowMs);
    case "set-aside": {
      const { place, who, why, atMs } = verdict.aside;
      return `${place} by ${plain(who)} at ${clockTime(atMs)}: ${plain(why)}`;
    }
    case "in-flight":
      return "events were moved or written while the table was read: another audit tells";
    case "undecided":
      return verdict.because.kind === "lines-missing"
        ? "its row is gone, and lines are missing of a time in which it may have been acknowledged"
        : `its row had no id, and ${successorText(verdict.because.successor)} came to its place: repaired, or written over`;
    case "removed":
      return verdict.successor === undefined
        ? "its row is gone, and nobody delivered it: somebody deleted the row"
        : `nobody delivered it, and ${successorText(verdict.successor)} came to its place: written over, or deleted before`;
  }
}

const successorText = ({ id }: Successor): string => (id === undefined ? "a row without an id" : `event ${plain(id)}`);

function waitingText({ state, notBeforeMs = 0, failure, heldBy }: WaitingEvent, nowMs: number): string {
  const until = notBeforeMs <= nowMs ? "" : ` until ${clockTime(notBeforeMs)}`;
  const because = failure === undefined ? "" : `: ${failureText(failure)}`;
  switch (state) {
    case "waiting":
      return `due${because}`;
    case "resting":
      return until === "" ? `due again${because}` : `rests${until}${because}`;
    case "parked":
      return `the first of its key, which is parked${until}${because}`;
    case "behind":
      return `behind the first of its key${because}`;
    case "held":
      return `held by the command ${plain(heldBy ?? "")}${because}`;
  }
}

export function stepText(step: AuditStep): string {
  switch (step.kind) {
    case "journal":
      return "reading the journal";
    case "table":
      return `reading the table: ${counted(step.rows, "row")} wait`;
    case "archive":
      return `reading the archive: ${counted(step.objects, "object")}, ${counted(step.lines, "line")}`;
    case "judging":
      return `judging: part ${step.partition + 1} of ${PARTITIONS}`;
  }
}

export const neverMetText = ({ from, to }: NeverMet): string =>
  from === to ? `sequence ${from}` : `sequences ${from} to ${to}`;

export const unreadableLine = ({ objectKey, line, why }: Unreadable, bucket: string): string =>
  `s3://${bucket}/${plain(objectKey)}${line === undefined ? "" : `, line ${line}`}: ${plain(why)}`;
