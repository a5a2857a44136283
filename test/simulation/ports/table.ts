import type { Item } from "../../../lib/contract/codec/item.ts";
import { kindOfItem } from "../../../lib/contract/codec/item-kind.ts";
import type { OutboxRow } from "../../../lib/contract/event.ts";
import { decodeParkedKey, type ParkedKey } from "../../../lib/contract/parked-key.ts";
import type { OutboxTable, ScanFrom } from "../../../lib/core/ports.ts";
import { eventOf } from "../../engine/event-of.ts";
import { ItemStore, type Lease } from "../../engine/item-store.ts";
import { type Effects, portOver } from "../../engine/requests.ts";
import { deleteRow, itemHolding, scanPage, tableEffects } from "../../engine/table-effects.ts";
import type { Actor } from "../scheduler.ts";
import { eventIn, idsOf, itemOf, rowIn, type World, type WrittenEvent } from "../world.ts";
import { carriedBy, type Details, tableCalls } from "./table-calls.ts";

/** The outbox table: one consistent copy and small pages. It tells the ledger what becomes of each event. */
export class SimulatedTable {
  readonly store = new ItemStore();
  /** While true it takes no write. */
  isThrottled = false;
  /** While true it deletes no row, and takes every other write: a permission that is gone, a partition that is hot. */
  refusesDeletes = false;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  get rows(): readonly OutboxRow[] {
    return this.store.rows;
  }

  get parkedKeys(): readonly ParkedKey[] {
    return [...this.store.items.values()].flatMap((item) => decodeParkedKey(item) ?? []);
  }

  get lease(): Lease | undefined {
    return this.store.lease;
  }

  /** Puts an event's row, as its writer does. */
  write(event: WrittenEvent): OutboxRow {
    const item = itemOf(event);
    this.store.put(item);
    return rowIn(item);
  }

  /** The table as one actor reaches it. */
  for(actor: Actor): OutboxTable {
    const { ledger } = this.#world;
    const call = tableCalls(this.#world, this, actor);
    const effects = this.#effects(actor);
    return {
      ...portOver<OutboxTable>(effects, carriedBy<OutboxTable>(call, READS, DETAILS)),
      mark: (row, mark) => {
        // Whether the actor may make the mark is decided now, and not when the request arrives.
        const judge = row.id === undefined ? undefined : ledger.marking(actor.name, row.id);
        return call("mark", "write", DETAILS.mark(row, mark), () => {
          const stored = itemHolding(this.store, row);
          if (stored !== undefined) (judge ?? ledger.marking(actor.name, eventIn(stored).id))();
          return effects.mark(row, mark);
        });
      },
    };
  }

  #effects(actor: Actor): Effects<OutboxTable> {
    const { scheduler, faults, ledger } = this.#world;
    const effects = tableEffects(this.store);
    return {
      ...effects,
      deleteRows: (rows) => {
        const left = rows.filter(() => this.refusesDeletes || faults.happens("table write failed", 0.5));
        for (const row of rows) {
          const deleted = left.includes(row) ? undefined : deleteRow(this.store, row);
          if (deleted !== undefined) ledger.remove(eventIn(deleted).id);
        }
        return left;
      },
      readRows: (keys) => {
        const rows = effects.readRows(keys);
        for (const row of rows) ledger.hold(actor.name, eventOf(row).id, scheduler.instant, false, eventOf(row).json);
        return rows;
      },
      scan: (from) => scanPage(this.store, this.pageOf(from), this.shows),
      acquireLease: (owner, nowMs, untilMs) => {
        const before = this.lease;
        const isTaken = effects.acquireLease(owner, nowMs, untilMs);
        if (isTaken && before !== undefined && before.owner !== owner) faults.note("lease expired under its holder");
        return isTaken;
      },
    };
  }

  /** Without the sweep a scan shows no parked-key records. */
  readonly shows = (item: Item): boolean => this.#world.sweep || kindOfItem(item) !== "parked-key";

  pageOf(from: ScanFrom): ScanFrom {
    return { ...from, limit: Math.min(from.limit, Math.max(PAGE_ITEMS, Math.ceil(this.rows.length / PAGES))) };
  }
}

/** Small, so that a handful of rows makes several pages. */
const PAGE_ITEMS = 3;
/** A table of thousands makes at most this many. */
const PAGES = 20;

const READS = ["readRows", "scan", "count"] as const;

const DETAILS = {
  deleteRows: idsOf,
  readRows: (keys) => keys.map(({ pk }) => pk).join(" "),
  mark: ({ id }, { attempts, notBeforeMs }) => `${id} attempts ${attempts} until ${notBeforeMs}`,
} satisfies Details<OutboxTable>;
