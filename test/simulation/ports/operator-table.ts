import { keyText, type RowKey } from "../../../lib/contract/event.ts";
import type { OperatorTable } from "../../../lib/operator/core/operator-ports.ts";
import { eventOf } from "../../engine/event-of.ts";
import { type AsideStore, operatorEffects, operatorPage } from "../../engine/operator-effects.ts";
import { type Effects, portOver } from "../../engine/requests.ts";
import { itemHolding } from "../../engine/table-effects.ts";
import type { Actor } from "../scheduler.ts";
import { eventIn, type World } from "../world.ts";
import type { SimulatedStream } from "./stream.ts";
import type { SimulatedTable } from "./table.ts";
import { carriedBy, type Details, tableCalls } from "./table-calls.ts";

export interface OperatorServices {
  readonly table: SimulatedTable;
  /** The events that operators set aside: one journal for all of them. */
  readonly journal: AsideStore;
  readonly stream: SimulatedStream;
}

/** The outbox table as an operator uses it. A row that is put back comes by the stream like any new row. */
export function simulatedOperatorTable(world: World, services: OperatorServices, actor: Actor): OperatorTable {
  const call = tableCalls(world, services.table, actor);
  const effects = notedEffects(world, services);
  return {
    ...portOver<OperatorTable>(effects, carriedBy(call, READS, DETAILS)),
    // This is not the operation of the same name that an actor of the protocol calls.
    readParkedKey: (pk) => call("operator readParkedKey", "read", pk, () => effects.readParkedKey(pk)),
  };
}

/** The effects on table and journal, told to the ledger. */
function notedEffects(
  { scheduler, faults, ledger }: World,
  { table, journal, stream }: OperatorServices,
): Effects<OperatorTable> {
  const { store } = table;
  const effects = operatorEffects(store, journal);
  return {
    ...effects,
    scan: (from) => operatorPage(store, table.pageOf(from), table.shows),
    setAside: (address, claim, aside) => {
      const item = itemHolding(store, address);
      const moved = effects.setAside(address, claim, aside);
      if (moved === "moved" && item !== undefined) {
        ledger.setAside(eventIn(item).id);
        faults.note(aside.place === "discarded" ? "operator discarded" : "operator quarantined");
      }
      return moved;
    },
    putBack: (aside, item) => {
      const put = effects.putBack(aside, item);
      const row = store.row(aside.key);
      if (put === "put-back" && row !== undefined) {
        ledger.putBack(eventOf(row).id);
        faults.note("operator released");
        stream.append({ position: `back-${scheduler.instant}`, writtenAtMs: scheduler.nowMs, row });
      }
      return put;
    },
  };
}

const READS = ["scan", "readItem", "readKey", "hasItems", "requeuerUntil"] as const;

const ofAside = ({ key }: { readonly key: RowKey }): string => keyText(key);

const DETAILS: Details<OperatorTable> = {
  readItem: keyText,
  readKey: (pk) => pk,
  hasItems: (pk) => pk,
  hold: keyText,
  letGo: keyText,
  makeDue: keyText,
  makeParkedKeyDue: (pk) => pk,
  setAside: keyText,
  putBack: ofAside,
  discardAside: ofAside,
};
