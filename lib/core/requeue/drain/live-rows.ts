import { idOf, keyText, type OutboxEvent, type OutboxRow, type RowKey } from "../../../contract/event.ts";
import { malformedParked, type Parked, type Parking } from "../../delivery/park.ts";
import { groupedBy } from "../../grouped.ts";
import type { Clock, DeadLetterQueue, OutboxTable, Telemetry } from "../../ports.ts";
import { isRested } from "../sweep/row-age.ts";
import type { HiddenDeadLetters } from "./hidden-dead-letters.ts";

/** A dead letter that points to a row. */
export interface RowDeadLetter {
  readonly receipt: string;
  readonly key: RowKey;
  readonly id: string | undefined;
}

export interface LiveRowsPorts {
  readonly table: OutboxTable;
  readonly deadLetters: DeadLetterQueue;
  readonly hidden: HiddenDeadLetters;
  readonly parking: Parking;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** A dead letter and its row, whose event may be delivered now. */
export interface LiveRow extends DeadLetterAndRow {
  readonly event: OutboxEvent;
}

export interface LiveRows {
  readonly live: readonly LiveRow[];
  /** Characters of all rows that were read. */
  readonly characters: number;
}

/** Reads the rows that dead letters point to, and settles the dead letters of rows that are gone, rest or are malformed. */
export async function liveRows(received: readonly RowDeadLetter[], ports: LiveRowsPorts): Promise<LiveRows> {
  const { table, deadLetters, clock, telemetry } = ports;
  const found = await rowsBehind(received, table);
  const nowMs = clock.now();
  await deadLetters.delete(found.done);
  telemetry.count("DuplicatesAvoided", found.done.length);
  await hideResting(
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
  const live = rested.flatMap(({ row, receipt }) =>
    row.content.kind === "event" ? [{ row, receipt, event: row.content.event }] : [],
  );
  return { live, characters: found.waiting.reduce((sum, { row }) => sum + charactersOf(row), 0) };
}

const charactersOf = ({ content }: OutboxRow): number =>
  content.kind === "event" ? content.event.json.length : content.row.json.length;

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
async function hideResting(
  resting: readonly DeadLetterAndRow[],
  { deadLetters, hidden, clock }: LiveRowsPorts,
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
export async function restAgain(failed: Parked, receipt: string, { parking, hidden }: LiveRowsPorts): Promise<void> {
  const ms = await parking.markAgain(failed);
  await hidden.hide([{ receipt, ms }]);
}

interface DeadLetterAndRow {
  readonly receipt: string;
  readonly row: OutboxRow;
}

/** A dead letter without an id points to a row without one, and stands for whatever the row holds now, repaired perhaps. */
const isIdOf = (id: string | undefined, { content }: OutboxRow): boolean => id === undefined || id === idOf(content);
