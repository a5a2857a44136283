import type { PutEventsResultEntry } from "@aws-sdk/client-eventbridge";
import { type ErrorTable, isDenial } from "../../aws/aws-failure.ts";
import { fieldsOf, listOf, textOf } from "../../contract/foreign-value.ts";
import { type AcknowledgedResult, acknowledgedAs, type CheckAnswer, type PublishResult } from "../../core/ports.ts";
import { type EntryError, entryError, entryResults } from "../shared/run/entry-results.ts";

/** Entry errors that another attempt will meet again. */
const PERMANENT_ENTRY_ERRORS = new Set([
  "InvalidArgument",
  "MalformedDetail",
  "NotAuthorizedForSourceException",
  "NotAuthorizedForDetailTypeException",
  "RedactionFailure",
]);
/**
 * More entry errors that another attempt will meet again. They say nothing about the event: a removed policy of the bus
 * must not mark every row.
 */
const TARGET_ENTRY_ERRORS: ErrorTable = { AccessDeniedException: "permanent", InvalidAccountIdException: "permanent" };

/** What PutEvents answers about one entry. */
export type PutEntry = Pick<PutEventsResultEntry, "EventId" | "ErrorCode" | "ErrorMessage">;

/** Reads the answer of PutEvents to so many entries. */
export const putResults = (
  count: number,
  { Entries: entries }: { readonly Entries?: readonly PutEntry[] | undefined },
): readonly PublishResult[] =>
  entryResults(
    Array.from({ length: count }, (_unused, index) => entryAnswer(listOf(entries)[index])),
    (code) => PERMANENT_ENTRY_ERRORS.has(code),
    TARGET_ENTRY_ERRORS,
  );

/** Only an event id acknowledges an entry: an entry with neither id nor error was not taken. */
function entryAnswer(entry: unknown): EntryError | AcknowledgedResult {
  const { EventId, ErrorCode, ErrorMessage } = fieldsOf(entry);
  const eventId = textOf(EventId);
  if (eventId !== undefined && (ErrorCode ?? undefined) === undefined) return acknowledgedAs({ eventId });
  return entryError(ErrorCode, ErrorMessage, "EventBridge gave no result for this entry");
}

/** What an error of DescribeEventBus says about the bus. */
export function failedCheck(error: unknown): Exclude<CheckAnswer, "exists"> {
  if (error instanceof Error && error.name === "ResourceNotFoundException") return "missing";
  return isDenial(error) ? "denied" : "unanswered";
}
