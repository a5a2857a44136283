import { shownDestination } from "../../../contract/shown-value.ts";
import { type DuplicateWindow, duplicateWindowOf } from "../../core/replay/duplicate-windows.ts";
import type { Gathered, GatherStep } from "../../core/replay/gathering.ts";
import type { ReplayFilter, ReplayRequest } from "../../core/replay/replay-request.ts";
import type { Survey } from "../../core/replay/survey.ts";
import { counted } from "../counted.ts";
import { clockTime, moment } from "../times.ts";
import { expiryText, unreadableText } from "./audit-hindrances.ts";
import type { Advice } from "./fault-texts.ts";

/** An inbox of this package remembers an event for so long, unless its `keepSeconds` says otherwise. */
export const INBOX_DAYS = 15;

/** What a replay is about, for the journal. */
export function requestWords({ window, filter, sendTo, ids, skipBusyKeys }: ReplayRequest): string {
  return [
    filterWords(filter),
    `acknowledged from ${clockTime(window.fromMs)} to ${clockTime(window.toMs)}`,
    ...(sendTo === undefined ? [] : [`to ${shownDestination(sendTo)}`]),
    ...(ids === "new" ? ["under new ids"] : []),
    ...(skipBusyKeys ? ["without busy keys"] : []),
  ].join(", ");
}

const LONGEST_FILTER = 800;

function filterWords(filter: ReplayFilter): string {
  const words = Object.entries(filter).map(([name, value]) =>
    name === "ids" ? `ids ${(value as readonly string[]).join(", ")}` : `${name} ${String(value)}`,
  );
  return words.length === 0 ? "all" : words.join(", ").slice(0, LONGEST_FILTER);
}

/** Who takes an event that comes again for the duplicate that it is. */
export function idsText(
  { ids }: ReplayRequest,
  { destinations, latestMs }: Survey,
  kind: unknown,
  nowMs: number,
): string {
  if (ids === "new") return "new ones, and replayof names the first one: whoever gets the events handles them again";
  const windows = new Set([...destinations.keys()].map((address) => windowText(duplicateWindowOf(kind, address))));
  const latest = latestMs === undefined ? "" : `; the latest was acknowledged at ${moment(latestMs, nowMs)}`;
  return (
    `the same: a consumer's inbox ignores what it has handled, for ${INBOX_DAYS} days unless its keepSeconds says otherwise; ` +
    `${[...windows].join("; ")}${latest}`
  );
}

function windowText(window: DuplicateWindow): string {
  switch (window.kind) {
    case "minutes":
      return `${window.of} drops what it took within ${window.minutes} minutes`;
    case "of-stream":
      return `JetStream drops what it took within its stream's duplicate window, ${window.defaultMinutes} minutes unless set`;
    case "none":
      return "the target drops none";
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

export function gatherText(step: GatherStep): string {
  switch (step.kind) {
    case "journal":
      return "reading the journal";
    case "table":
      return `reading the table: ${counted(step.rows, "row")} wait`;
    case "archive":
      return `reading the archive: ${counted(step.objects, "object")}, ${counted(step.events, "receipt")} found`;
  }
}
