import type { Item } from "../../lib/contract/codec/item.ts";
import type { Clock, KeyTable } from "../../lib/core/ports.ts";
import type { ItemStore } from "../engine/item-store.ts";
import { keyEffects } from "../engine/key-effects.ts";
import { portOver } from "../engine/requests.ts";
import { REQUEST_MS } from "./memory-table.ts";

export type MemoryKeyTable = ReturnType<typeof memoryKeys>;

/** The ordered side of a table in memory. */
export function memoryKeys(store: ItemStore, clock: Clock, requestMs = REQUEST_MS) {
  const effects = keyEffects(store);
  const read: typeof effects.read = (pk, range) => {
    const page = effects.read(pk, range);
    keys.largestPage = Math.max(keys.largestPage, page.rows.length + (page.parkedKey === undefined ? 0 : 1));
    return page;
  };
  const port = portOver<KeyTable>({ ...effects, read }, async (operation, [row], effect) => {
    keys.requests.push(operation);
    await clock.sleep(requestMs);
    if (keys.failing.has(operation)) throw new Error(`The table refuses: ${operation}`);
    keys.before(operation, pkOf(row));
    return effect();
  });
  const keys = {
    ...port,
    requests: [] as string[],
    /** Operations that fail while set. */
    failing: new Set<keyof KeyTable>(),
    /** Runs just before an operation takes effect, so that a test can do something in between. */
    before: (_operation: keyof KeyTable, _pk: string): void => undefined,
    /** Items of the largest page so far, the parked-key record among them. */
    largestPage: 0,
    /** The parked-key record's item, for tests to look at and to spoil. */
    parkedKey: (pk: string): Item | undefined => store.parkedKey(pk),
  };
  return keys;
}

/** Operations name a key, or a row of it. */
const pkOf = (given: unknown): string => (typeof given === "string" ? given : (given as { readonly pk: string }).pk);
