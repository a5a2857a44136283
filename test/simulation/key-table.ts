import { keyText, type OutboxRow } from "../../lib/core/event.ts";
import { isGateDue, type KeyGate } from "../../lib/core/ordered/key-gate.ts";
import { isOrderedRow } from "../../lib/core/ordered/sequence.ts";
import type { KeyTable } from "../../lib/core/ports.ts";
import { sequenceOf } from "../../lib/core/sort-key.ts";
import type { Actor } from "./scheduler.ts";
import type { SimulatedTable } from "./table.ts";
import { tableCalls } from "./table-calls.ts";
import { eventOf, type World } from "./world.ts";

type Mutable<Value> = { -readonly [Name in keyof Value]: Value[Name] };

/** The outbox table as the ordered protocol reaches it. A read may be torn: each row is seen at an instant of its own. */
export function simulatedKeys(world: World, table: SimulatedTable, actor: Actor): KeyTable {
  const { scheduler, faults, ledger } = world;
  const { rows, gates } = table;
  const call = tableCalls(world, table, actor);
  const ofKey = (pk: string, ceiling: number): readonly OutboxRow[] =>
    [...rows.values()]
      .filter((row) => row.key.pk === pk && isOrderedRow(row) && placeOf(row) <= ceiling)
      .sort((one, other) => placeOf(one) - placeOf(other));
  const gateOf = (pk: string): KeyGate | undefined => {
    const gate = gates.get(pk);
    return gate === undefined ? undefined : { ...gate };
  };
  const holds = (row: OutboxRow): OutboxRow => {
    ledger.hold(actor.name, eventOf(row).id, scheduler.instant, false, eventOf(row).json);
    return row;
  };

  async function readTorn(pk: string, ceiling: number, limit: number) {
    const gate = await call("read, the gate first", "read", pk, () => gateOf(pk));
    const found: OutboxRow[] = [];
    let from = 0;
    for (;;) {
      const row = await call("read, a row later", "read", `${pk} ${from}`, () => {
        const next = ofKey(pk, ceiling).find((other) => placeOf(other) > from);
        return next === undefined ? undefined : holds(next);
      });
      if (row === undefined) return { ...(gate && { gate }), rows: found, more: false };
      if (found.length === limit) return { ...(gate && { gate }), rows: found, more: true };
      found.push(row);
      from = placeOf(row);
    }
  }

  return {
    async read(pk, { ceiling, limit }) {
      const page = Math.min(limit, PAGE_ROWS);
      if (faults.happens("torn query")) return readTorn(pk, ceiling, page);
      return call("read", "read", `${pk} ${ceiling}`, () => {
        const gate = gateOf(pk);
        const found = ofKey(pk, ceiling);
        return { ...(gate && { gate }), rows: found.slice(0, page).map(holds), more: found.length > page };
      });
    },
    highest: (pk) => call("highest", "read", pk, () => ofKey(pk, Number.POSITIVE_INFINITY).map(placeOf).at(-1)),
    readGate: (pk) => call("readGate", "read", pk, () => gateOf(pk)),
    touch: (pk) =>
      call("touch", "write", pk, () => {
        const gate = gates.get(pk);
        if (gate === undefined) return false;
        gates.set(pk, { ...gate, version: raised(gate) });
        return true;
      }),
    park: (row, { notBeforeMs, attempts }) =>
      call("park", "write", `${keyText(row)} attempts ${attempts} until ${notBeforeMs}`, () => {
        const stored = rows.get(keyText(row));
        if (stored === undefined || (row.id !== undefined && eventOf(stored).id !== row.id)) return "gone";
        // A gate that is there keeps its attempts: they are what its backoff goes by.
        const gate = gates.get(row.pk) ?? { pk: row.pk, version: 0, attempts };
        gates.set(row.pk, { ...gate, version: raised(gate), notBeforeMs });
        return "parked";
      }),
    acquire: (pk, owner, nowMs, leaseUntilMs) =>
      call("acquire", "write", pk, () => {
        const gate = gates.get(pk);
        if (gate === undefined) return { kind: "no-gate" };
        // Its own lease keeps nobody out; a gate that was parked anew is not due for its owner either.
        const asked = gate.owner === owner ? { ...gate, leaseUntilMs: 0 } : gate;
        if (!isGateDue(asked, nowMs)) return { kind: "busy", gate: { ...gate } };
        if (gate.owner !== undefined && gate.owner !== owner) faults.note("lease expired under its holder");
        const taken = { ...gate, owner, leaseUntilMs, version: raised(gate) };
        gates.set(pk, taken);
        return { kind: "acquired", gate: { ...taken } };
      }),
    release: (pk, owner, rest) =>
      call("release", "write", rest ? `${pk} attempts ${rest.attempts} until ${rest.notBeforeMs}` : pk, () => {
        const gate = gates.get(pk);
        if (gate?.owner !== owner) return false;
        const free: Mutable<KeyGate> = {
          ...gate,
          ...(rest && { notBeforeMs: rest.notBeforeMs, attempts: rest.attempts }),
        };
        delete free.owner;
        delete free.leaseUntilMs;
        gates.set(pk, free);
        return true;
      }),
    close: (pk, owner, version) =>
      call("close", "write", `${pk} ${version}`, () => {
        const gate = gates.get(pk);
        if (gate?.owner === owner && gate.version !== version) faults.note("gate touched under its drainer");
        if (gate?.owner !== owner || gate.version !== version) return false;
        gates.delete(pk);
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
const raised = ({ version }: KeyGate): number => (version || 0) + 1;
