import { decodeItem } from "../../../lib/core/codec/decode-row.ts";
import type { KeyTable } from "../../../lib/core/ports.ts";
import { MemoryKeyTable } from "../../world/memory-key-table.ts";
import { MemoryQueue } from "../../world/memory-queue.ts";
import { MemoryTable } from "../../world/memory-table.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";
import { type KeyTableEngine, type QueueEngine, SQS_MESSAGE_BYTES } from "./engine.ts";

const KEY_OPERATIONS: readonly (keyof KeyTable)[] = [
  ...(["read", "highest", "readGate", "touch", "park"] as const),
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
    async row(key) {
      const item = table.item(key);
      const decoded = item === undefined ? undefined : decodeItem(item);
      return decoded?.kind === "row" ? decoded.row : undefined;
    },
    run: (work) => clock.run(work),
    end: async () => undefined,
  };
}

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
