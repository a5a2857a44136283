import { shownDestination } from "../../../contract/shown-destination.ts";
import { type DuplicateWindow, duplicateWindowOf } from "../../core/replay/duplicate-windows.ts";
import type { Gathered, GatherStep } from "../../core/replay/gathering.ts";
import type { ReplayRequest } from "../../core/replay/replay-request.ts";
import type { Survey } from "../../core/replay/survey.ts";
import { counted } from "../counted.ts";
import { filterWords } from "../filter-options.ts";
import { clockTime } from "../times.ts";
import { expiryText, unreadableText } from "./audit-hindrances.ts";
import { stepText } from "./audit-texts.ts";
import type { Advice } from "./fault-texts.ts";

/** An inbox of this package remembers an event for so long, unless its `keepSeconds` says otherwise. */
export const INBOX_DAYS = 15;

/** Of the words for a filter, in UTF-16 code units. */
const LONGEST_FILTER = 800;

/** What a replay is about, for the journal. */
export function requestWords({ window, filter, sendTo, ids, skipBusyKeys }: ReplayRequest): string {
  const { destinationHash: _hash, ...told } = filter;
  return [
    filterWords(told, LONGEST_FILTER),
    `acknowledged from ${clockTime(window.fromMs)} to ${clockTime(window.toMs)}`,
    ...(sendTo === undefined ? [] : [`to ${shownDestination(sendTo, true)}`]),
    ...(ids === "new" ? ["under new ids"] : []),
    ...(skipBusyKeys ? ["without busy keys"] : []),
  ].join(", ");
}

export const idsText = ({ ids }: ReplayRequest): string =>
  ids === "same" ? "the same" : "new ones; replayof names the first";

/** Who takes an event that comes again for the duplicate that it is. */
export function knownAgainText({ ids }: ReplayRequest, { destinations }: Survey, kind: unknown): string {
  if (ids === "new") return "by nobody: whoever gets the events handles them again";
  const windows = [...destinations.keys()].map((address) => windowText(duplicateWindowOf(kind, address)));
  const ofTarget = [...new Set(windows.filter((each) => each !== undefined))];
  return [
    `by a consumer's inbox, for ${INBOX_DAYS} days after it handled an event, unless its keepSeconds says otherwise`,
    ...(ofTarget.length === 0 ? ["not by the target"] : ofTarget),
  ].join("; ");
}

function windowText(window: DuplicateWindow): string | undefined {
  switch (window.kind) {
    case "minutes":
      return `by ${window.of}, for ${window.minutes} minutes after it took an event`;
    case "of-stream":
      return `by JetStream, for its stream's duplicate window, ${window.defaultMinutes} minutes unless set`;
    case "none":
      return undefined;
  }
}

/** What keeps a replay from finding all that was asked for, and what to do about it. */
export const replayHindrances = (gathered: Gathered, bucket: string): readonly Advice[] =>
  [expiryText(gathered, bucket), missingText(gathered), unreadableText(gathered)].filter((each) => each !== undefined);

function missingText({ missingHours }: Gathered): Advice | undefined {
  if (missingHours.length === 0) return undefined;
  const [first = 0] = missingHours;
  return {
    what: `Lines may be missing of ${counted(missingHours.length, "hour")}, the first from ${clockTime(first)}: what was acknowledged then may not be found`,
    fix: "look at the metric ReceiptsMissing; lines that S3 never took do not come back",
  };
}

export const busyText = ({ busyKeys, busyEvents }: Survey, { skipBusyKeys }: ReplayRequest): string =>
  `${busyKeys}, with ${counted(busyEvents, "event")}: ${
    skipBusyKeys
      ? "they have events in the table, and are left out"
      : "what waits there waits behind the events that are put, and one that fails parks its key; --skip-busy-keys leaves them out"
  }`;

export const gatherText = (step: GatherStep): string =>
  step.kind === "archive"
    ? `reading the archive: ${counted(step.objects, "object")}, ${counted(step.events, "receipt")} found`
    : stepText(step);
