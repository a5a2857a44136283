import { type PublishResult, UNANSWERED } from "../../../core/ports.ts";

/** The result of an event that the target's protocol cannot carry: a lasting fault of its own. Nothing is sent. */
export const uncarriable = (code: string, message: string): PublishResult => ({
  kind: "failed",
  failure: {
    class: "permanent",
    scope: "event",
    code,
    message: `${message}; discard it, and write one that the target takes`,
  },
});

/** The same for an event with a part longer than the target has room for. */
export const tooLong = (code: string, part: string, { is, most, unit = "bytes" }: Measured): PublishResult =>
  uncarriable(code, `the event's ${part} has ${is} ${unit}, and the target takes ${most} at most`);

export interface Measured {
  readonly is: number;
  readonly most: number;
  /** @default "bytes" */
  readonly unit?: string;
}

/**
 * Publishes the events of a call that the target can carry, and gives every other event its own result. Many servers
 * close the connection over a part that is too long, and lose all its neighbours, so such a part must never be sent.
 *
 * @param refusalOf describes the fault of an event; undefined for one that can be sent.
 * @param publish is called with the events that can be sent, in their order, unless there are none.
 */
export async function publishCarriable<Entry>(
  entries: readonly Entry[],
  refusalOf: (entry: Entry) => PublishResult | undefined,
  publish: (carriable: readonly Entry[]) => Promise<readonly PublishResult[]>,
): Promise<readonly PublishResult[]> {
  const refusals = entries.map(refusalOf);
  const carriable = entries.filter((_entry, index) => refusals[index] === undefined);
  if (carriable.length === entries.length) return publish(entries);
  const results = carriable.length === 0 ? [] : [...(await publish(carriable))];
  return refusals.map((refusal) => refusal ?? results.shift() ?? UNANSWERED);
}
