import { type ErrorTable, isThrottleCode } from "../../../aws/aws-failure.ts";
import { entryNamed, type Fields, fieldsOf, listOf, textOf } from "../../../contract/foreign-value.ts";
import { type AcknowledgedResult, acknowledgedAs, type PublishResult } from "../../../core/ports.ts";

/** The code of an entry that the answer does not mention. It may or may not have landed. */
export const NO_RESULT = "NoResult";

/** An entry's own error, as a batch answer tells it. */
export interface EntryError {
  readonly code: string;
  readonly message: string;
}

/**
 * An entry's own error. One without a code that can be read has no result.
 *
 * @param unsaid what is said of an error that has no words of its own.
 */
export const entryError = (code: unknown, message: unknown, unsaid: string): EntryError => ({
  code: textOf(code) ?? NO_RESULT,
  message: textOf(message) ?? unsaid,
});

/**
 * The answer of SQS and SNS to a batch: lists of entries, each with its place in the call as its id. Each entry is read
 * by itself, so that an odd one takes no other's acknowledgement along.
 */
export interface BatchAnswer {
  readonly Successful?: unknown;
  readonly Failed?: unknown;
}

/** Reads the answer of SQS or SNS to a batch of this many entries. A fault of the sender's is the entry's own. */
export function batchResults(
  service: "SQS" | "SNS",
  count: number,
  { Successful: successful, Failed: failed }: BatchAnswer,
  table?: ErrorTable,
): readonly PublishResult[] {
  const taken = byId(successful);
  const failures = byId(failed);
  const answers = Array.from({ length: count }, (_, index) => {
    const success = taken.get(String(index));
    if (success !== undefined) {
      // A FIFO queue or topic numbers its messages.
      return acknowledgedAs({
        messageId: textOf(success["MessageId"]),
        sequenceNumber: textOf(success["SequenceNumber"]),
      });
    }
    const { Code, Message } = failures.get(String(index)) ?? {};
    return entryError(Code, Message, `${service} gave no result for this entry`);
  });
  const senderFaults = new Set(
    [...failures.values()].flatMap(({ Code, SenderFault }) => (SenderFault === true ? [Code] : [])),
  );
  return entryResults(answers, (code) => senderFaults.has(code), table);
}

const byId = (entries: unknown): ReadonlyMap<unknown, Fields> =>
  new Map(
    listOf(entries)
      .map(fieldsOf)
      .map((entry) => [entry["Id"], entry]),
  );

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
    const meaning = entryNamed(table, error.code);
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
