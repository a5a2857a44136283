import { decodeItem } from "../../../lib/contract/codec/decode-row.ts";
import type { Item } from "../../../lib/contract/codec/item.ts";
import type { OutboxRow } from "../../../lib/contract/event.ts";
import { SQS_MESSAGE_BYTES } from "../../../lib/contract/sizes.ts";
import type { KeyTable } from "../../../lib/core/ports.ts";
import { MemoryKeyTable } from "../../world/memory-key-table.ts";
import { MemoryJournal, MemoryOperatorTable } from "../../world/memory-operator.ts";
import { MemoryQueue } from "../../world/memory-queue.ts";
import { MemoryTable } from "../../world/memory-table.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";
import type { OperatorEngine } from "../operator-table-contract.ts";
import type { KeyTableEngine, QueueEngine } from "./engine.ts";

const KEY_OPERATIONS: readonly (keyof KeyTable)[] = [
  ...(["read", "highest", "readParkedKey", "touch", "park"] as const),
  ...(["acquire", "release", "close", "presence"] as const),
];

/** The table of the core's tests, in memory. */
export async function memoryTable(): Promise<KeyTableEngine> {
  const clock = new VirtualClock();
  const table = new MemoryTable(clock);
  const broken = new MemoryTable(clock);
  for (const kind of ["delete", "read", "mark", "lease"] as const) broken.failing.add(kind);
  const brokenKeys = new MemoryKeyTable(broken, clock);
  for (const operation of KEY_OPERATIONS) brokenKeys.failing.add(operation);
  return {
    table,
    broken,
    keys: new MemoryKeyTable(table, clock),
    brokenKeys,
    put: async (item) => table.put(item),
    row: async (key) => rowIn(table.item(key)),
    run: (work) => clock.run(work),
    end: async () => undefined,
  };
}

/** The same table in an operator's hands, with a journal. */
export async function memoryOperator(): Promise<OperatorEngine> {
  const clock = new VirtualClock();
  const table = new MemoryTable(clock);
  const journal = new MemoryJournal(clock);
  const keys = new MemoryKeyTable(table, clock);
  return {
    ...(await memoryTable()),
    table,
    keys,
    operator: new MemoryOperatorTable(table, journal, clock),
    journal,
    put: async (item) => table.put(item),
    item: async (key) => table.item(key),
    row: async (key) => rowIn(table.item(key)),
    run: (work) => clock.run(work),
  };
}

const rowIn = (item: Item | undefined): OutboxRow | undefined => {
  const decoded = item === undefined ? undefined : decodeItem(item);
  return decoded?.kind === "row" ? decoded.row : undefined;
};

/** The queue of the core's tests, in memory. */
export async function memoryQueue(): Promise<QueueEngine> {
  const clock = new VirtualClock();
  const broken = new MemoryQueue(clock);
  broken.refusing = true;
  return {
    queue: new MemoryQueue(clock),
    broken,
    maxMessageBytes: SQS_MESSAGE_BYTES,
    clock,
    run: (work) => clock.run(work),
    end: async () => undefined,
  };
}
