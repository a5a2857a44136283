import { isOrderedRow } from "../../../lib/contract/sequence.ts";
import type { StreamRecord } from "../../../lib/core/stream-record.ts";
import type { Context } from "./context.ts";
import type { Checker } from "./watched.ts";

export interface Skipped extends Checker {
  /** The relay is done with these records, and the stream does not bring them again. */
  readonly through: (records: readonly StreamRecord[]) => void;
}

/**
 * If a relay skips a stream record of a key, its event is delivered, or the relay has raised the version of the parked-key
 * record, or has made that record. Checked only where no breaker may open, for a relay may skip records while one is open.
 */
export function skipped({ by, scenario, violate, rowOf, isDelivered }: Context): Skipped {
  const raised = new Set<string>();
  const isOpen = scenario.sweep || scenario.operators || scenario.ordering === "none";
  return {
    begun: () => raised.clear(),
    learnt: {
      touch: (touched, pk) => {
        if (touched) raised.add(pk);
      },
      park: (parked, { pk }) => {
        if (parked === "parked") raised.add(pk);
      },
    },
    through: (records) => {
      if (isOpen) return;
      for (const { row } of records) {
        const stands = rowOf(row.key);
        if (stands === undefined || !isOrderedRow(stands) || raised.has(row.key.pk)) continue;
        const { content } = stands;
        if (content.kind !== "event" || isDelivered(content.event.id)) continue;
        violate(
          `SKIPPED: ${by} lets the record of ${content.event.id} go, and has neither delivered it nor parked its key`,
        );
      }
    },
  };
}
