import { type ErrorTable, isThrottleCode } from "../../../aws/aws-failure.ts";
import { ACKNOWLEDGED, type PublishResult } from "../../../core/ports.ts";

/** The code of an entry that the answer does not mention. It may or may not have landed. */
export const NO_RESULT = "NoResult";

/** An entry's own error, as a batch answer tells it. */
export interface EntryError {
  readonly code: string;
  readonly message: string;
}

/** The answer of SQS and SNS to a batch. An entry's id is its place in the call. */
export interface BatchAnswer {
  readonly Successful?: readonly { readonly Id?: string | undefined }[] | undefined;
  readonly Failed?: readonly BatchFailure[] | undefined;
}

interface BatchFailure {
  readonly Id?: string | undefined;
  readonly Code?: string | undefined;
  readonly Message?: string | undefined;
  readonly SenderFault?: boolean | undefined;
}

/** Reads the answer of SQS or SNS to a batch of this many entries. A fault of the sender's is the entry's own. */
export function batchResults(
  service: "SQS" | "SNS",
  count: number,
  { Successful: successful = [], Failed: failed = [] }: BatchAnswer,
  table?: ErrorTable,
): readonly PublishResult[] {
  const taken = new Set(successful.map(({ Id }) => Id));
  const failures = new Map(failed.map((entry) => [entry.Id, entry]));
  const errors = Array.from({ length: count }, (_, index) => {
    if (taken.has(String(index))) return undefined;
    const entry = failures.get(String(index));
    return { code: entry?.Code ?? NO_RESULT, message: entry?.Message ?? `${service} gave no result for this entry` };
  });
  const senderFaults = new Set(failed.flatMap(({ Code, SenderFault }) => (SenderFault === true ? [Code] : [])));
  return entryResults(errors, (code) => senderFaults.has(code), table);
}

/**
 * Reads the entries of a batch answer, in the order they were sent.
 *
 * An error whose code tells nothing is judged by its neighbours: the fault is the event's own if others pass, and the
 * target's if all failed alike.
 *
 * @param refused whether a code is the entry's own, lasting fault.
 * @param table is asked before `refused`, as for a whole call.
 */
export function entryResults(
  errors: readonly (EntryError | undefined)[],
  refused: (code: string) => boolean,
  table: ErrorTable = {},
): readonly PublishResult[] {
  const othersPass = errors.some((error) => error === undefined);
  return errors.map((error) => {
    if (error === undefined) return ACKNOWLEDGED;
    const meaning = table[error.code];
    if (meaning !== undefined && meaning !== "content") {
      return { kind: "failed", failure: { ...error, class: meaning, scope: "target" } };
    }
    if (isThrottleCode(error.code))
      return { kind: "failed", failure: { ...error, class: "throttled", scope: "target" } };
    if (meaning === "content" || refused(error.code))
      return { kind: "failed", failure: { ...error, class: "permanent", scope: "event" } };
    const failureClass = error.code === NO_RESULT ? "ambiguous" : "transient";
    return { kind: "failed", failure: { ...error, class: failureClass, scope: othersPass ? "event" : "target" } };
  });
}
