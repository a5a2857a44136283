import type { Item } from "../../lib/contract/codec/item.ts";
import type { RowKey } from "../../lib/contract/event.ts";
import type { Clock, OutboxTable } from "../../lib/core/ports.ts";
import { ItemStore } from "../engine/item-store.ts";
import { portOver } from "../engine/requests.ts";
import { tableEffects } from "../engine/table-effects.ts";

/** What a table can refuse. */
type Refused = "delete" | "read" | "mark" | "lease";

const KINDS: Readonly<Record<keyof OutboxTable, Refused>> = {
  deleteRows: "delete",
  readRows: "read",
  scan: "read",
  count: "read",
  mark: "mark",
  markSeen: "mark",
  acquireLease: "lease",
  releaseLease: "lease",
};

export type MemoryTable = ReturnType<typeof memoryTable>;

/** How long a request takes in the core's tests. */
export const REQUEST_MS = 5;

/** An outbox table in memory that can be told to refuse. */
export function memoryTable(clock: Clock, requestMs = REQUEST_MS) {
  const store = new ItemStore();
  const port = portOver<OutboxTable>(tableEffects(store), async (operation, _given, effect) => {
    table.requests.push(operation);
    await clock.sleep(requestMs);
    if (table.failing.has(KINDS[operation]) || table.refuses()) throw new Error(`The table refuses: ${operation}`);
    return effect();
  });
  const table = {
    ...port,
    store,
    requests: [] as string[],
    /** Operations that fail while set. */
    failing: new Set<Refused>(),
    /** Decides, in addition, whether an operation is refused. */
    refuses: (): boolean => false,
    get items(): ReadonlyMap<string, Item> {
      return store.items;
    },
    get leaseUntilMs(): number | undefined {
      return store.lease?.untilMs;
    },
    put: (item: Item): void => store.put(item),
    item: (key: RowKey): Item | undefined => store.item(key),
    remove: (key: RowKey): void => store.remove(key),
  };
  return table;
}
