import { sequenceOf } from "../../../lib/contract/sort-key.ts";
import type { StreamRecord } from "../../../lib/core/stream-record.ts";
import { type Context, isRequeuer } from "./context.ts";
import type { Checker } from "./watched.ts";

/**
 * A key is read up to a sequence that the reader knows to be committed: the sequence of one of its records, or the highest that
 * it has read. Above that, a query, which is not atomic, may show a row and miss the one before it.
 */
export function knownCeiling(context: Context): Checker {
  const { by, violate } = context;
  const known = new Map<string, number>();
  const leased = new Set<string>();
  const know = (pk: string, sequence = 0) => known.set(pk, Math.max(known.get(pk) ?? 0, sequence));
  return {
    begun: (records: readonly StreamRecord[]) => {
      known.clear();
      leased.clear();
      for (const { row } of records) know(row.key.pk, sequenceOf(row.key.sk));
    },
    asked: {
      read: (pk, { ceiling }) => {
        // Without the lease a requeuer may only find out whether anything waits.
        if (isRequeuer(context) && !leased.has(pk)) return;
        if (ceiling <= (known.get(pk) ?? 0)) return;
        violate(
          `BEYOND: ${by} reads ${pk} up to ${ceiling}, and knows of ${known.get(pk) ?? "nothing"} that is committed`,
        );
      },
    },
    learnt: {
      highest: (sequence, pk) => know(pk, sequence),
      acquire: ({ kind }, pk) => {
        if (kind === "acquired") leased.add(pk);
        else leased.delete(pk);
      },
    },
  };
}
