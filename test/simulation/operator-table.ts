import type { Item } from "../../lib/contract/codec/item.ts";
import { keyText, type OutboxRow } from "../../lib/contract/event.ts";
import { isOrderedRow } from "../../lib/contract/sequence.ts";
import { compareSortKeys, sequenceOf } from "../../lib/contract/sort-key.ts";
import type { AsideEvent, AsidePlace } from "../../lib/operator/core/act.ts";
import type { OperatorTable, RowAddress } from "../../lib/operator/core/operator-ports.ts";
import type { Actor } from "./scheduler.ts";
import type { SimulatedStream } from "./stream.ts";
import type { SimulatedTable } from "./table.ts";
import { tableCalls } from "./table-calls.ts";
import { eventOf, type World } from "./world.ts";

/** What operators set aside: one journal for all of them. */
export class SimulatedJournal {
  readonly entries = new Map<string, { readonly aside: AsideEvent; readonly row: OutboxRow }>();

  of(place: AsidePlace): readonly AsideEvent[] {
    return [...this.entries.values()].map(({ aside }) => aside).filter((aside) => aside.place === place);
  }
}

export interface OperatorServices {
  readonly table: SimulatedTable;
  readonly journal: SimulatedJournal;
  readonly stream: SimulatedStream;
}

/** The outbox table in an operator's hands. What is put back comes by the stream like any new row. */
export function simulatedOperatorTable(
  world: World,
  { table, journal, stream }: OperatorServices,
  actor: Actor,
): OperatorTable {
  const { scheduler, faults, ledger } = world;
  const { rows, parkedKeys } = table;
  const call = tableCalls(world, table, actor);
  const rowAt = (address: RowAddress): OutboxRow | undefined => {
    const row = rows.get(keyText(address));
    return row !== undefined && (address.id === undefined || eventOf(row).id === address.id) ? row : undefined;
  };
  const rests = ({ marks }: OutboxRow, nowMs: number) => (marks.notBeforeMs ?? 0) > nowMs;
  const change = (row: OutboxRow, marks: OutboxRow["marks"]) => rows.set(keyText(row.key), { ...row, marks });

  return {
    scan: (from) =>
      call("scan", "read", "", () => {
        const { rows: found, next } = table.page(from);
        const pks = new Set(found.map(({ key }) => key.pk));
        return {
          rows: found,
          parkedKeys: [...parkedKeys.values()].filter(({ pk }) => pks.has(pk)).map((parkedKey) => ({ ...parkedKey })),
          ...(next && { next }),
        };
      }),
    readItem: (key) =>
      call("readItem", "read", keyText(key), () => {
        const row = rows.get(keyText(key));
        return row === undefined ? undefined : itemOf(row);
      }),
    readParkedKey: (pk) => call("operator readParkedKey", "read", pk, () => parkedKeys.get(pk)),
    readKey: (pk, above, limit) =>
      call("readKey", "read", pk, () =>
        [...rows.values()]
          .filter((row) => row.key.pk === pk && isOrderedRow(row) && (sequenceOf(row.key.sk) ?? 0) > above)
          .sort((one, other) => compareSortKeys(one.key.sk, other.key.sk))
          .slice(0, limit),
      ),
    requeuerUntil: () => call("requeuerUntil", "read", "", () => table.lease?.untilMs),
    hold: (address, { actId, untilMs }, nowMs) =>
      call("hold", "write", keyText(address), () => {
        const row = rowAt(address);
        if (row === undefined) return "gone";
        const { heldBy } = row.marks;
        if (heldBy !== undefined && heldBy !== actId && rests(row, nowMs)) return "held-by-another";
        change(row, { ...row.marks, heldBy: actId, notBeforeMs: untilMs });
        return "held";
      }),
    letGo: (address, { actId, untilMs }, restedUntilMs) =>
      call("letGo", "write", keyText(address), () => {
        const row = rowAt(address);
        if (row === undefined || row.marks.heldBy !== actId || row.marks.notBeforeMs !== untilMs) return;
        const { heldBy: _held, notBeforeMs: _until, ...marks } = row.marks;
        change(row, restedUntilMs === undefined ? marks : { ...marks, notBeforeMs: restedUntilMs });
      }),
    makeDue: (address, nowMs) =>
      call("makeDue", "write", keyText(address), () => {
        const row = rowAt(address);
        if (row === undefined) return "gone";
        if (row.marks.heldBy !== undefined && rests(row, nowMs)) return "held";
        const { heldBy: _held, notBeforeMs: _until, ...marks } = row.marks;
        change(row, marks);
        return "made-due";
      }),
    makeParkedKeyDue: (pk, dueMs, nowMs) =>
      call("makeParkedKeyDue", "write", pk, () => {
        const parkedKey = parkedKeys.get(pk);
        if (parkedKey === undefined) return "not-parked";
        if (parkedKey.owner !== undefined && (parkedKey.leaseUntilMs ?? 0) > nowMs) return "draining";
        if ((parkedKey.notBeforeMs ?? 0) <= dueMs) return "due-already";
        parkedKeys.set(pk, { ...parkedKey, notBeforeMs: dueMs });
        return "made-due";
      }),
    setAside: (address, claim, aside) =>
      call("setAside", "write", keyText(address), () => {
        const row = rowAt(address);
        const claimed =
          claim.kind === "hold"
            ? row?.marks.heldBy === claim.actId && row.marks.notBeforeMs === claim.untilMs
            : claim.kind === "parked-key" && parkedKeys.get(address.pk)?.owner === claim.owner;
        if (row === undefined || !claimed) return "changed";
        rows.delete(keyText(row.key));
        journal.entries.set(aside.entryId, { aside, row });
        ledger.setAside(eventOf(row).id);
        faults.note(aside.place === "discarded" ? "operator discarded" : "operator quarantined");
        return "moved";
      }),
    putBack: (aside) =>
      call("putBack", "write", keyText(aside.key), () => {
        const entry = journal.entries.get(aside.entryId);
        if (entry === undefined) return "not-there";
        if (rows.has(keyText(aside.key))) return "occupied";
        journal.entries.delete(aside.entryId);
        const row: OutboxRow = { ...entry.row, marks: { attempts: 0 } };
        rows.set(keyText(row.key), row);
        ledger.putBack(eventOf(row).id);
        faults.note("operator released");
        stream.append({ position: `back-${scheduler.instant}`, writtenAtMs: scheduler.nowMs, row });
        return "put-back";
      }),
    discardAside: (aside, discarded) =>
      call("discardAside", "write", keyText(aside.key), () => {
        const entry = journal.entries.get(aside.entryId);
        if (entry === undefined) return "not-there";
        journal.entries.delete(aside.entryId);
        journal.entries.set(discarded.entryId, { ...entry, aside: discarded });
        return "discarded";
      }),
  };
}

/** As much of an item as names its event: the row itself stays with the journal. */
function itemOf(row: OutboxRow): Item {
  const { id, source } = eventOf(row);
  return { pk: { S: row.key.pk }, sk: { N: row.key.sk }, id: { S: id }, source: { S: source } };
}
