import { malformedFailure } from "../../contract/dead-letter.ts";
import type { OutboxEvent, OutboxRow, RowRef } from "../../contract/event.ts";
import { FIRST_SEQUENCE } from "../../contract/item-contract.ts";
import { sequenceOf } from "../../contract/sort-key.ts";
import type { PendingDeletes } from "../delivery/deletes/pending-deletes.ts";
import type { FailedOutcome, Undelivered } from "../delivery/outcome.ts";
import type { Clock } from "../ports.ts";
import type { OrderedPorts } from "./ordering.ts";
import type { PublishInOrder } from "./publish-in-order.ts";

/** Where the delivery of a page of rows ended. */
export interface PageEnd {
  /** Acknowledged now, ascending. Their deletes may still be under way. */
  readonly delivered: readonly RowRef[];
  /** What stands in the way of the next row; absent when all rows are through. */
  readonly stop?: PageStop;
}

/** What became of the first row that was not delivered: a call's outcome, or why no call was made for it. */
export type PageStop = { readonly row: OutboxRow } & (Undelivered | NotCalled);

/** Why no call was made. */
export type NotCalled =
  /** The row breaks the item contract. */
  | ({ readonly kind: "malformed" } & Failing)
  /** A predecessor exists that the page did not show: the page must be read again. */
  | { readonly kind: "predecessor-waits" }
  /** A predecessor is being written or deleted at this moment. */
  | { readonly kind: "predecessor-unknown" };

/** Why a row is not delivered, as its dead letter says it. */
export type Failing = Pick<FailedOutcome, "failure" | "attempts" | "firstFailureMs">;

export interface RowPorts {
  readonly ordering: OrderedPorts;
  readonly publish: PublishInOrder;
  readonly pendingDeletes: PendingDeletes;
  readonly clock: Clock;
}

/**
 * Delivers the rows of one key in order, page after page as one actor reads them.
 *
 * @param remaining how many events the key group has left.
 */
export type DeliverRows = (rows: readonly OutboxRow[], remaining: number) => Promise<PageEnd>;

export function rowDelivery({ ordering, publish, clock }: RowPorts): DeliverRows {
  /** The sequence this actor delivered last. */
  let last: number | undefined;

  /** In strict mode only: whether the row before is certainly gone. */
  async function predecessorOf({ pk, sk }: OutboxEvent): Promise<"done" | NotCalled> {
    const sequence = sequenceOf(sk) ?? FIRST_SEQUENCE;
    if (!ordering.strict || sequence === FIRST_SEQUENCE || last === sequence - 1) return "done";
    switch (await ordering.keys.presence({ pk, sk: String(sequence - 1) })) {
      case "absent":
        return "done";
      case "present":
        return { kind: "predecessor-waits" };
      case "conflict":
        return { kind: "predecessor-unknown" };
    }
  }

  return async (rows, remaining) => {
    const delivered: RowRef[] = [];
    for (const contiguous of contiguousRowsOf(rows, ordering.strict)) {
      const [row] = contiguous.rows;
      if (contiguous.kind === "malformed")
        return { delivered, stop: { row, ...malformed(contiguous.reason, clock.now()) } };
      const [first] = contiguous.events;
      const predecessor = await predecessorOf(first);
      if (predecessor !== "done") return { delivered, stop: { row, ...predecessor } };
      const done = await publish(contiguous.events, remaining - delivered.length);
      delivered.push(...contiguous.events.slice(0, done.delivered));
      last = sequenceOf(delivered.at(-1)?.sk ?? "") ?? last;
      if (done.stop !== undefined)
        return { delivered, stop: { row: contiguous.rows[done.delivered] ?? row, ...done.stop } };
    }
    return { delivered };
  };
}

type ContiguousRows =
  | { readonly kind: "malformed"; readonly rows: readonly [OutboxRow]; readonly reason: string }
  | {
      readonly kind: "events";
      readonly rows: readonly [OutboxRow, ...OutboxRow[]];
      readonly events: readonly [OutboxEvent, ...OutboxEvent[]];
    };

/** Cuts a page where an actor must look before it goes on: at a malformed row, and in strict mode at a gap. */
function contiguousRowsOf(rows: readonly OutboxRow[], strict: boolean): readonly ContiguousRows[] {
  const contiguousRows: ContiguousRows[] = [];
  let open: { rows: [OutboxRow, ...OutboxRow[]]; events: [OutboxEvent, ...OutboxEvent[]] } | undefined;
  for (const row of rows) {
    if (row.content.kind === "malformed") {
      contiguousRows.push({ kind: "malformed", rows: [row], reason: row.content.row.reason });
      open = undefined;
      continue;
    }
    const { event } = row.content;
    if (open !== undefined && (!strict || follows(event, open.events.at(-1)))) {
      open.rows.push(row);
      open.events.push(event);
      continue;
    }
    open = { rows: [row], events: [event] };
    contiguousRows.push({ kind: "events", ...open });
  }
  return contiguousRows;
}

const follows = ({ sk }: OutboxEvent, before: OutboxEvent | undefined): boolean =>
  before !== undefined && sequenceOf(before.sk) === (sequenceOf(sk) ?? Number.NaN) - 1;

const malformed = (reason: string, nowMs: number): NotCalled => ({
  kind: "malformed",
  failure: malformedFailure(reason),
  attempts: 0,
  firstFailureMs: nowMs,
});
