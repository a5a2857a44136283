import { idOf, keyText, type OutboxEvent, type OutboxRow, type RowKey } from "../../../contract/event.ts";
import type { PendingDeletes } from "../../delivery/deletes/pending-deletes.ts";
import type { Outcome } from "../../delivery/outcome.ts";
import { failedParked, malformedParked, type Parked, type Parking } from "../../delivery/park.ts";
import { groupedBy } from "../../grouped.ts";
import type { Clock, DeadLetterQueue, OutboxTable, Telemetry } from "../../ports.ts";
import type { ProbingDelivery } from "../probing-delivery.ts";
import { isRested } from "../sweep/row-age.ts";
import { type HiddenDeadLetters, UNTRIED_MS } from "./hidden-dead-letters.ts";

/** A dead letter that points to a row. */
export interface RowDeadLetter {
  readonly receipt: string;
  readonly key: RowKey;
  readonly id: string | undefined;
}

export interface RowDrainPorts {
  readonly table: OutboxTable;
  readonly deadLetters: DeadLetterQueue;
  readonly hidden: HiddenDeadLetters;
  readonly parking: Parking;
  readonly delivery: ProbingDelivery;
  readonly pendingDeletes: PendingDeletes;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly endMs: number;
}

/** Delivers the unordered rows that dead letters point to, and settles the dead letters. Resolves with the events it tried. */
export type RowDrain = (received: readonly RowDeadLetter[]) => Promise<readonly OutboxEvent[]>;

export function rowDrain(ports: RowDrainPorts): RowDrain {
  const { hidden, pendingDeletes } = ports;
  /** Rows that some round is at. Another dead letter of theirs, in a round beside it, would publish them again. */
  const inHand = new Set<string>();

  /** Leaves rows alone that another round is at. Their dead letters are looked at again: by then the rows may be gone. */
  async function drainInHand(received: readonly RowDeadLetter[]): Promise<readonly OutboxEvent[]> {
    const busy = received.filter(({ key }) => inHand.has(keyText(key)));
    // A row that is delivered and not deleted yet keeps its dead letter: if the process dies, it is needed.
    const free = received.filter(({ key, id }) => !inHand.has(keyText(key)) && !pendingDeletes.has({ ...key, id }));
    const taken = free.map(({ key }) => keyText(key));
    for (const text of taken) inHand.add(text);
    try {
      await hidden.hide(busy.map(({ receipt }) => ({ receipt, ms: UNTRIED_MS })));
      return free.length === 0 ? [] : await drainRows(free, ports);
    } finally {
      for (const text of taken) inHand.delete(text);
    }
  }

  return drainInHand;
}

async function drainRows(received: readonly RowDeadLetter[], ports: RowDrainPorts): Promise<readonly OutboxEvent[]> {
  const { table, deadLetters, delivery, clock, telemetry } = ports;
  const found = await rowsBehind(received, table);
  const nowMs = clock.now();
  await deadLetters.delete(found.done);
  telemetry.count("DuplicatesAvoided", found.done.length);
  await setAside(
    found.waiting.filter(({ row }) => !isRested(row, nowMs)),
    ports,
  );

  const rested = found.waiting.filter(({ row }) => isRested(row, nowMs));
  for (const { row, receipt } of rested) {
    for (const malformed of malformedParked(row, nowMs)) {
      telemetry.count("RequeueFailures");
      await restAgain(malformed, receipt, ports);
    }
  }
  const live = rested.flatMap(({ row }) => (row.content.kind === "event" ? [row.content.event] : []));
  await settle(await delivery.deliver(live), new Map(rested.map((each) => [keyText(each.row.key), each])), ports);
  return live;
}

/**
 * Reads the rows that dead letters point to. A dead letter is not needed where its row is gone or has another id, or
 * where a second one points to the same event. Dead letters of one key may be of different events, for a key can be used
 * again once its row is gone.
 */
async function rowsBehind(received: readonly RowDeadLetter[], table: OutboxTable) {
  const deadLettersOf = groupedBy(received, ({ key }) => keyText(key));
  const firsts = [...deadLettersOf.values()].flatMap((some) => some.slice(0, 1));
  const rows = await table.readRows(firsts.map(({ key }) => key));
  const waiting = rows.flatMap((row): readonly DeadLetterAndRow[] => {
    const deadLetter = deadLettersOf.get(keyText(row.key))?.find(({ id }) => isIdOf(id, row));
    return deadLetter === undefined ? [] : [{ receipt: deadLetter.receipt, row }];
  });
  const kept = new Set(waiting.map(({ receipt }) => receipt));
  return { waiting, done: received.map(({ receipt }) => receipt).filter((receipt) => !kept.has(receipt)) };
}

/** Lets resting rows rest: their dead letters are hidden until then, or deleted where too many are hidden already. */
async function setAside(
  resting: readonly DeadLetterAndRow[],
  { deadLetters, hidden, clock }: RowDrainPorts,
): Promise<void> {
  const room = hidden.room();
  const nowMs = clock.now();
  await hidden.hide(
    resting.slice(0, room).map(({ receipt, row }) => ({ receipt, ms: (row.marks.notBeforeMs ?? nowMs) - nowMs })),
  );
  // The marked row comes back by the sweep.
  await deadLetters.delete(resting.slice(room).map(({ receipt }) => receipt));
}

/** After a failure of the event's own, the row's mark and the hiding of its dead letter move together. */
async function restAgain(failed: Parked, receipt: string, { parking, hidden }: RowDrainPorts): Promise<void> {
  const ms = await parking.markAgain(failed);
  await hidden.hide([{ receipt, ms }]);
}

async function settle(
  outcomes: readonly Outcome[],
  received: ReadonlyMap<string, DeadLetterAndRow>,
  ports: RowDrainPorts,
): Promise<void> {
  const { deadLetters, hidden, delivery, pendingDeletes, telemetry } = ports;
  const delivered: string[] = [];
  const untried: { readonly receipt: string; readonly ms: number }[] = [];
  await pendingDeletes.flush(ports.endMs);
  for (const outcome of outcomes) {
    const deadLetter = received.get(keyText(outcome.event));
    if (deadLetter === undefined) continue;
    if (outcome.kind === "acknowledged" && !pendingDeletes.has(outcome.event)) delivered.push(deadLetter.receipt);
    if (outcome.kind === "failed" && outcome.failure.scope === "event") {
      await restAgain(failedParked(outcome, deadLetter.row), deadLetter.receipt, ports);
    } else if (outcome.kind !== "acknowledged") {
      untried.push({ receipt: deadLetter.receipt, ms: delivery.allFailed() ? 0 : UNTRIED_MS });
    }
  }
  // The next run must not wait for dead letters that this one could do nothing with.
  await hidden.hide(untried);
  await deadLetters.delete(delivered);
  telemetry.count("EventsRequeued", outcomes.filter(({ kind }) => kind === "acknowledged").length);
  telemetry.count("RequeueFailures", outcomes.filter(({ kind }) => kind === "failed").length);
}

interface DeadLetterAndRow {
  readonly receipt: string;
  readonly row: OutboxRow;
}

/** A dead letter without an id points to a row without one, and stands for whatever the row holds now, repaired perhaps. */
const isIdOf = (id: string | undefined, { content }: OutboxRow): boolean => id === undefined || id === idOf(content);
