import { type ErrorTable, isThrottleCode } from "../../../aws/aws-failure.ts";
import { type AcknowledgedResult, acknowledgedAs, type PublishResult } from "../../../core/ports.ts";

/** The code of an entry that the answer does not mention. It may or may not have landed. */
export const NO_RESULT = "NoResult";

/** An entry's own error, as a batch answer tells it. */
export interface EntryError {
  readonly code: string;
  readonly message: string;
}

/** The answer of SQS and SNS to a batch. An entry's id is its place in the call. */
export interface BatchAnswer {
  readonly Successful?: readonly BatchSuccess[] | undefined;
  readonly Failed?: readonly BatchFailure[] | undefined;
}

interface BatchSuccess {
  readonly Id?: string | undefined;
  readonly MessageId?: string | undefined;
  /** Of a FIFO queue or topic. */
  readonly SequenceNumber?: string | undefined;
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
  const taken = new Map(successful.map((entry) => [entry.Id, entry]));
  const failures = new Map(failed.map((entry) => [entry.Id, entry]));
  const answers = Array.from({ length: count }, (_, index) => {
    const success = taken.get(String(index));
    if (success !== undefined) {
      return acknowledgedAs({ messageId: success.MessageId, sequenceNumber: success.SequenceNumber });
    }
    const entry = failures.get(String(index));
    return { code: entry?.Code ?? NO_RESULT, message: entry?.Message ?? `${service} gave no result for this entry` };
  });
  const senderFaults = new Set(failed.flatMap(({ Code, SenderFault }) => (SenderFault === true ? [Code] : [])));
  return entryResults(answers, (code) => senderFaults.has(code), table);
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
  answers: readonly (EntryError | AcknowledgedResult)[],
  refused: (code: string) => boolean,
  table: ErrorTable = {},
): readonly PublishResult[] {
  const othersPass = answers.some((answer) => "kind" in answer);
  return answers.map((error) => {
    if ("kind" in error) return error;
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
