import type { Spill } from "../../../../lib/operator/core/audit/spill.ts";

/** A spill in memory. */
export function memorySpill(): Spill {
  const partitions = new Map<number, string[]>();
  return {
    add(partition, text) {
      const texts = partitions.get(partition) ?? [];
      partitions.set(partition, texts);
      texts.push(text);
    },
    read: (partition) => partitions.get(partition) ?? [],
  };
}
