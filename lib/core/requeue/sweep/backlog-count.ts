import type { RowKey } from "../../../contract/event.ts";
import type { Parking } from "../../delivery/park.ts";
import type { Clock, OutboxTable, Telemetry } from "../../ports.ts";
import { type BacklogAges, backlogAges } from "./backlog-ages.ts";

/**
 * What a process knows of the backlog from run to run.
 *
 * The rows of a large table are counted over several runs, for as long as the process lives: DynamoDB's own item count
 * is hours old. UndeliveredEvents is told when a pass is complete, and only then.
 */
export interface BacklogCount {
  advance(untilMs: number): Promise<void>;
  readonly ages: BacklogAges;
}

export interface BacklogCountPorts {
  readonly table: Pick<OutboxTable, "count">;
  readonly parking: Pick<Parking, "unmarked">;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

export function backlogCountOf({ table, parking, clock, telemetry }: BacklogCountPorts): BacklogCount {
  let counted = 0;
  let after: RowKey | undefined;
  return {
    ages: backlogAges((key) => parking.unmarked(key) !== undefined),
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
