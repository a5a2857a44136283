import { keyText, type OutboxRow, type RowKey, seenOf } from "../../lib/contract/event.ts";
import type { ParkedKey } from "../../lib/contract/parked-key.ts";
import type { OutboxTable, ScanFrom } from "../../lib/core/ports.ts";
import type { Actor } from "./scheduler.ts";
import { tableCalls } from "./table-calls.ts";
import { eventOf, idsOf, type World } from "./world.ts";

/** The outbox table: items with conditions, one consistent copy, small pages. */
export class SimulatedTable {
  readonly rows = new Map<string, OutboxRow>();
  readonly parkedKeys = new Map<string, ParkedKey>();
  lease: { readonly owner: string; readonly untilMs: number } | undefined;
  /** While true it takes no write. */
  isThrottled = false;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** The table as one actor reaches it. */
  for(actor: Actor): OutboxTable {
    const { scheduler, faults, ledger } = this.#world;
    const call = tableCalls(this.#world, this, actor);
    const read = <Answer>(name: string, effect: () => Answer, detail = "") => call(name, "read", detail, effect);
    const write = <Answer>(name: string, effect: () => Answer, detail = "") => call(name, "write", detail, effect);
    return {
      deleteRows: (rows) =>
        write(
          "deleteRows",
          () => {
            const left = rows.filter(() => faults.happens("table write failed", 0.5));
            for (const row of rows) {
              const stored = this.rows.get(keyText(row));
              if (left.includes(row) || stored === undefined || eventOf(stored).id !== row.id) continue;
              this.rows.delete(keyText(row));
              ledger.remove(eventOf(stored).id);
            }
            return left;
          },
          idsOf(rows),
        ),
      readRows: (keys) =>
        read(
          "readRows",
          () => {
            const rows = [...new Set(keys.map(keyText))].flatMap((text) => this.rows.get(text) ?? []);
            for (const row of rows) {
              ledger.hold(actor.name, eventOf(row).id, scheduler.instant, false, eventOf(row).json);
            }
            return rows;
          },
          keys.map(({ pk }) => pk).join(" "),
        ),
      mark: (row, { notBeforeMs, attempts }) => {
        const marked = row.id === undefined ? undefined : ledger.marking(actor.name, row.id);
        return write(
          "mark",
          () => {
            const stored = this.rows.get(keyText(row));
            if (stored === undefined || (row.id !== undefined && eventOf(stored).id !== row.id)) return "gone";
            (marked ?? ledger.marking(actor.name, eventOf(stored).id))();
            const { heldBy: _over, ...marks } = stored.marks;
            this.rows.set(keyText(row), { ...stored, marks: { ...marks, notBeforeMs, attempts } });
            return "marked";
          },
          `${row.id} attempts ${attempts} until ${notBeforeMs}`,
        );
      },
      markSeen: (key, seenAtMs) =>
        write("markSeen", () => {
          const stored = this.rows.get(keyText(key));
          if (stored === undefined || (stored.marks.seenAtMs ?? Number.POSITIVE_INFINITY) <= seenAtMs) return true;
          this.rows.set(keyText(key), { ...stored, marks: { ...stored.marks, seenAtMs } });
          return true;
        }),
      scan: (from) =>
        read("scan", () => {
          const { rows, ...page } = this.page(from);
          return { rows: rows.map(seenOf), ...page };
        }),
      count: () => read("count", () => ({ rows: this.rows.size })),
      acquireLease: (owner, nowMs, untilMs) =>
        write("acquireLease", () => {
          if (this.lease !== undefined && this.lease.untilMs > nowMs && this.lease.owner !== owner) return false;
          if (this.lease !== undefined && this.lease.owner !== owner) faults.note("lease expired under its holder");
          this.lease = { owner, untilMs };
          return true;
        }),
      releaseLease: (owner) =>
        write("releaseLease", () => {
          if (this.lease?.owner === owner) this.lease = undefined;
        }),
    };
  }

  /** One page of whole rows. */
  page({ after, segment, limit }: ScanFrom) {
    const parkedKeys = (this.#world.sweep ? [...this.parkedKeys.values()] : []).map((parkedKey) => ({
      parkedKey,
      place: placeOf({ pk: parkedKey.pk, sk: "0" }),
    }));
    const rows = [...this.rows.values()].map((row) => ({ row, place: placeOf(row.key) }));
    const ahead = [...parkedKeys, ...rows]
      .filter(
        ({ place }) =>
          (after === undefined || place > placeOf(after)) && (!segment || place % segment.of === segment.index),
      )
      .sort((one, other) => one.place - other.place);
    const page = ahead.slice(0, Math.min(limit, PAGE_ROWS));
    const last = page.at(-1);
    return {
      rows: page.flatMap((item) => ("row" in item ? [item.row] : [])),
      parkedKeys: page.flatMap((item) => ("parkedKey" in item ? [{ ...item.parkedKey }] : [])),
      ...(ahead.length > page.length && last !== undefined && { next: keyOf(last) }),
    };
  }
}

/** Small, so that a handful of rows makes several pages. */
const PAGE_ROWS = 3;

const keyOf = (item: { readonly row: OutboxRow } | { readonly parkedKey: ParkedKey }): RowKey =>
  "row" in item ? item.row.key : { pk: item.parkedKey.pk, sk: "0" };

function placeOf({ pk, sk }: RowKey): number {
  let hash = Number(sk);
  for (const character of pk) hash = Math.imul(hash ^ character.charCodeAt(0), 16_777_619) >>> 0;
  return hash;
}
