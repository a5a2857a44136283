import { keyText, type OutboxRow } from "../../../lib/contract/event.ts";
import { decodeKey, decodeParkedKey } from "../../../lib/contract/parked-key.ts";
import type { Ordering } from "../../../lib/contract/settings/settings.ts";
import { sequenceOf } from "../../../lib/contract/sort-key.ts";
import type { KeyTable } from "../../../lib/core/ports.ts";
import { eventOf } from "../../engine/event-of.ts";
import { itemsUpTo, keyEffects } from "../../engine/key-effects.ts";
import { type Effects, portOver } from "../../engine/requests.ts";
import type { Actor } from "../scheduler.ts";
import type { World } from "../world.ts";
import type { SimulatedTable } from "./table.ts";
import { carriedBy, type Details, tableCalls } from "./table-calls.ts";

/** The outbox table as the ordered protocol reaches it. A read may be torn: each row is seen at an instant of its own. */
export function simulatedKeys(
  world: World,
  table: SimulatedTable,
  actor: Actor,
  ordering: Ordering = "per-key",
): KeyTable {
  const { scheduler, faults, ledger } = world;
  const { store } = table;
  const call = tableCalls(world, table, actor);
  const effects = notedEffects(world, table);
  /** A query may miss a row before one that it shows. Strict mode exists for that, so only strict mode meets it. */
  const isMissed = (): boolean => ordering === "strict" && faults.happens("query missed a row");
  const held = (row: OutboxRow): OutboxRow => {
    ledger.hold(actor.name, eventOf(row).id, scheduler.instant, false, eventOf(row).json);
    return row;
  };
  const port = portOver<KeyTable>(
    {
      ...effects,
      read: (pk, { ceiling, limit }) => {
        const page = effects.read(pk, { ceiling, limit: Math.min(limit, PAGE_ITEMS) });
        const rows = page.rows.filter((_row, index, all) => index === all.length - 1 || !isMissed());
        return { ...page, rows: rows.map(held) };
      },
    },
    carriedBy(call, READS, DETAILS),
  );

  /** The query finds the place after the last row empty, and still finds a row that is written behind that place meanwhile. */
  async function readTorn(pk: string, ceiling: number, limit: number) {
    const parkedKey = await call("read, the record first", "read", pk, () => effects.readParkedKey(pk));
    const rows: OutboxRow[] = [];
    let from = 0;
    let isPastLast = false;
    for (;;) {
      const row = await call("read, a row later", "read", `${pk} ${from}`, () => {
        const next = decodeKey(itemsUpTo(store, pk, ceiling)).rows.find((other) => placeOf(other) > from);
        return next && held(next);
      });
      if (row === undefined && !isPastLast && from + 1 < ceiling) {
        from += 1;
        isPastLast = true;
        continue;
      }
      const isFull = rows.length === limit;
      if (row === undefined || isFull) return { ...(parkedKey && { parkedKey }), rows, more: row !== undefined };
      rows.push(row);
      from = placeOf(row);
    }
  }

  return {
    ...port,
    read: (pk, range) =>
      faults.happens("torn query")
        ? readTorn(pk, range.ceiling, Math.min(range.limit, PAGE_ITEMS))
        : port.read(pk, range),
  };
}

/** The table's effects, and what happens to the world by them. */
function notedEffects({ faults }: World, { store }: SimulatedTable): Effects<KeyTable> {
  const effects = keyEffects(store);
  return {
    ...effects,
    acquire: (pk, owner, ...lease) => {
      const before = effects.readParkedKey(pk)?.owner;
      const acquired = effects.acquire(pk, owner, ...lease);
      if (acquired.kind === "acquired" && before !== undefined && before !== owner)
        faults.note("lease expired under its holder");
      return acquired;
    },
    close: (pk, owner, version) => {
      const parkedKey = effects.readParkedKey(pk);
      if (parkedKey?.owner === owner && parkedKey.version !== version)
        faults.note("parked-key record touched under its drainer");
      return effects.close(pk, owner, version);
    },
    presence: (row) => (faults.happens("transaction conflict") ? "conflict" : effects.presence(row)),
  };
}

const placeOf = ({ key }: OutboxRow): number => sequenceOf(key.sk) ?? Number.NaN;

/** Small, so that a handful of rows makes several pages. A parked-key record takes up a place. */
const PAGE_ITEMS = 2;

const READS = ["read", "highest", "readParkedKey", "presence"] as const;

const DETAILS: Details<KeyTable> = {
  read: (pk, { ceiling }) => `${pk} ${ceiling}`,
  highest: (pk) => pk,
  readParkedKey: (pk) => pk,
  touch: (pk) => pk,
  park: (row, { attempts, notBeforeMs }) => `${keyText(row)} attempts ${attempts} until ${notBeforeMs}`,
  acquire: (pk) => pk,
  release: (pk, _owner, rest) => (rest ? `${pk} attempts ${rest.attempts} until ${rest.notBeforeMs}` : pk),
  close: (pk, _owner, version) => `${pk} ${version}`,
  presence: keyText,
};

/** The record of a parked key, as it stands in the table. */
export function parkedKeyIn({ store }: SimulatedTable, pk: string) {
  const record = store.parkedKey(pk);
  return record && decodeParkedKey(record);
}
