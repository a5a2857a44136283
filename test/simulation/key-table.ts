import { keyText, type OutboxRow } from "../../lib/contract/event.ts";
import { isParkedKeyDue, type ParkedKey } from "../../lib/contract/parked-key.ts";
import { isOrderedRow } from "../../lib/contract/sequence.ts";
import { sequenceOf } from "../../lib/contract/sort-key.ts";
import type { KeyTable } from "../../lib/core/ports.ts";
import type { Actor } from "./scheduler.ts";
import type { SimulatedTable } from "./table.ts";
import { tableCalls } from "./table-calls.ts";
import { eventOf, type World } from "./world.ts";

type Mutable<Value> = { -readonly [Name in keyof Value]: Value[Name] };

/** The outbox table as the ordered protocol reaches it. A read may be torn: each row is seen at an instant of its own. */
export function simulatedKeys(world: World, table: SimulatedTable, actor: Actor): KeyTable {
  const { scheduler, faults, ledger } = world;
  const { rows, parkedKeys } = table;
  const call = tableCalls(world, table, actor);
  const ofKey = (pk: string, ceiling: number): readonly OutboxRow[] =>
    [...rows.values()]
      .filter((row) => row.key.pk === pk && isOrderedRow(row) && placeOf(row) <= ceiling)
      .sort((one, other) => placeOf(one) - placeOf(other));
  const parkedKeyOf = (pk: string): ParkedKey | undefined => {
    const parkedKey = parkedKeys.get(pk);
    return parkedKey === undefined ? undefined : { ...parkedKey };
  };
  const holds = (row: OutboxRow): OutboxRow => {
    ledger.hold(actor.name, eventOf(row).id, scheduler.instant, false, eventOf(row).json);
    return row;
  };

  async function readTorn(pk: string, ceiling: number, limit: number) {
    const parkedKey = await call("read, the record first", "read", pk, () => parkedKeyOf(pk));
    const found: OutboxRow[] = [];
    let from = 0;
    for (;;) {
      const row = await call("read, a row later", "read", `${pk} ${from}`, () => {
        const next = ofKey(pk, ceiling).find((other) => placeOf(other) > from);
        return next === undefined ? undefined : holds(next);
      });
      if (row === undefined) return { ...(parkedKey && { parkedKey }), rows: found, more: false };
      if (found.length === limit) return { ...(parkedKey && { parkedKey }), rows: found, more: true };
      found.push(row);
      from = placeOf(row);
    }
  }

  return {
    async read(pk, { ceiling, limit }) {
      const page = Math.min(limit, PAGE_ROWS);
      if (faults.happens("torn query")) return readTorn(pk, ceiling, page);
      return call("read", "read", `${pk} ${ceiling}`, () => {
        const parkedKey = parkedKeyOf(pk);
        const found = ofKey(pk, ceiling);
        return { ...(parkedKey && { parkedKey }), rows: found.slice(0, page).map(holds), more: found.length > page };
      });
    },
    highest: (pk) => call("highest", "read", pk, () => ofKey(pk, Number.POSITIVE_INFINITY).map(placeOf).at(-1)),
    readParkedKey: (pk) => call("readParkedKey", "read", pk, () => parkedKeyOf(pk)),
    touch: (pk) =>
      call("touch", "write", pk, () => {
        const parkedKey = parkedKeys.get(pk);
        if (parkedKey === undefined) return false;
        parkedKeys.set(pk, { ...parkedKey, version: raised(parkedKey) });
        return true;
      }),
    park: (row, { notBeforeMs, attempts }) =>
      call("park", "write", `${keyText(row)} attempts ${attempts} until ${notBeforeMs}`, () => {
        const stored = rows.get(keyText(row));
        if (stored === undefined || (row.id !== undefined && eventOf(stored).id !== row.id)) return "gone";
        // A parked-key record that is there keeps its attempts: they are what its backoff goes by.
        const parkedKey = parkedKeys.get(row.pk) ?? { pk: row.pk, version: 0, attempts };
        parkedKeys.set(row.pk, { ...parkedKey, version: raised(parkedKey), notBeforeMs });
        return "parked";
      }),
    acquire: (pk, owner, nowMs, leaseUntilMs) =>
      call("acquire", "write", pk, () => {
        const parkedKey = parkedKeys.get(pk);
        if (parkedKey === undefined) return { kind: "not-parked" };
        // Its own lease keeps nobody out; a parked-key record that was parked anew is not due for its owner either.
        const asked = parkedKey.owner === owner ? { ...parkedKey, leaseUntilMs: 0 } : parkedKey;
        if (!isParkedKeyDue(asked, nowMs)) return { kind: "busy", parkedKey: { ...parkedKey } };
        if (parkedKey.owner !== undefined && parkedKey.owner !== owner) faults.note("lease expired under its holder");
        const taken = { ...parkedKey, owner, leaseUntilMs, version: raised(parkedKey) };
        parkedKeys.set(pk, taken);
        return { kind: "acquired", parkedKey: { ...taken } };
      }),
    release: (pk, owner, rest) =>
      call("release", "write", rest ? `${pk} attempts ${rest.attempts} until ${rest.notBeforeMs}` : pk, () => {
        const parkedKey = parkedKeys.get(pk);
        if (parkedKey?.owner !== owner) return false;
        const free: Mutable<ParkedKey> = {
          ...parkedKey,
          ...(rest && { notBeforeMs: rest.notBeforeMs, attempts: rest.attempts }),
        };
        delete free.owner;
        delete free.leaseUntilMs;
        parkedKeys.set(pk, free);
        return true;
      }),
    close: (pk, owner, version) =>
      call("close", "write", `${pk} ${version}`, () => {
        const parkedKey = parkedKeys.get(pk);
        if (parkedKey?.owner === owner && parkedKey.version !== version)
          faults.note("parked-key record touched under its drainer");
        if (parkedKey?.owner !== owner || parkedKey.version !== version) return false;
        parkedKeys.delete(pk);
        return true;
      }),
    presence: (row) =>
      call("presence", "read", keyText(row), () => {
        if (faults.happens("transaction conflict")) return "conflict";
        return rows.has(keyText(row)) ? "present" : "absent";
      }),
  };
}

const placeOf = ({ key }: OutboxRow): number => sequenceOf(key.sk) ?? Number.NaN;

/** Small, so that a handful of rows makes several pages. */
const PAGE_ROWS = 2;

/** A version that is missing or unreadable starts again. */
const raised = ({ version }: ParkedKey): number => (version || 0) + 1;
