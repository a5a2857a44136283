import { SQS_MESSAGE_BYTES } from "../../../lib/contract/settings/sizes.ts";
import type { KeyTable } from "../../../lib/core/ports.ts";
import { memoryKeys } from "../../world/memory-key-table.ts";
import { MemoryJournal, memoryOperatorTable } from "../../world/memory-operator.ts";
import { MemoryQueue } from "../../world/memory-queue.ts";
import { memoryReplayRows } from "../../world/memory-replay-rows.ts";
import { memoryTable } from "../../world/memory-table.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";
import type { OperatorEngine } from "../operator-table-contract.ts";
import type { KeyTableEngine, QueueEngine } from "./engine.ts";

const KEY_OPERATIONS: readonly (keyof KeyTable)[] = [
  ...(["read", "highest", "readParkedKey", "touch", "park"] as const),
  ...(["acquire", "release", "close", "presence"] as const),
];

/** The table of the core's tests, in memory. */
export async function tableInMemory(): Promise<KeyTableEngine> {
  const clock = new VirtualClock();
  const table = memoryTable(clock);
  const broken = memoryTable(clock);
  for (const kind of ["delete", "read", "mark", "lease"] as const) broken.failing.add(kind);
  const brokenKeys = memoryKeys(broken.store, clock);
  for (const operation of KEY_OPERATIONS) brokenKeys.failing.add(operation);
  return {
    table,
    broken,
    keys: memoryKeys(table.store, clock),
    brokenKeys,
    put: async (item) => table.put(item),
    row: async (key) => table.store.row(key),
    run: (work) => clock.run(work),
    end: async () => undefined,
  };
}

/** The same table as an operator uses it, with a journal. */
export async function operatorInMemory(): Promise<OperatorEngine> {
  const clock = new VirtualClock();
  const table = memoryTable(clock);
  const journal = new MemoryJournal(clock);
  const keys = memoryKeys(table.store, clock);
  return {
    ...(await tableInMemory()),
    table,
    keys,
    operator: memoryOperatorTable(table.store, journal, clock),
    journal,
    replayRows: memoryReplayRows(table.store, new Map()),
    put: async (item) => table.put(item),
    item: async (key) => table.item(key),
    row: async (key) => table.store.row(key),
    run: (work) => clock.run(work),
  };
}

/** The queue of the core's tests, in memory. */
export async function queueInMemory(): Promise<QueueEngine> {
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
