import type { RowKey } from "../event.ts";
import type { Clock, OutboxTable, Telemetry } from "../ports.ts";

/**
 * Counts the rows of a large table over as many runs as it takes, for as long as the process lives: DynamoDB's own item
 * count is hours old. UndeliveredEvents is told when a pass is complete, and only then.
 */
export interface Census {
  advance(untilMs: number): Promise<void>;
}

export function censusOf(table: OutboxTable, clock: Clock, telemetry: Telemetry): Census {
  let counted = 0;
  let after: RowKey | undefined;
  return {
    async advance(untilMs) {
      while (clock.now() < untilMs) {
        const page = await table.count(after);
        counted += page.rows;
        after = page.next;
        if (after === undefined) {
          telemetry.measure("UndeliveredEvents", counted);
          counted = 0;
          return;
        }
      }
    },
  };
}
