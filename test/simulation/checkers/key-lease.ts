import { isOrderedRow } from "../../../lib/contract/sequence.ts";
import { type Context, isRequeuer } from "./context.ts";
import type { Checker } from "./watched.ts";

interface Held {
  readonly owner: string;
  /** A read has shown that the record belongs to another process, or is gone. */
  isLost: boolean;
  /** Versions at which the record was not closed, because its version is higher by now. */
  readonly over: Set<number>;
}

/** Only the holder of the lease on a key's record drains the key, and closes the record only at a version that may be current. */
export function keyLease(context: Context): Checker {
  const { by, violate, rowOf } = context;
  const held = new Map<string, Held>();
  if (!isRequeuer(context)) return {};
  return {
    begun: () => held.clear(),
    asked: {
      publish: (_destination, events) => {
        for (const { pk, sk, id } of events) {
          const row = rowOf({ pk, sk });
          if (context.scenario.ordering === "none" || row === undefined || !isOrderedRow(row)) continue;
          const lease = held.get(pk);
          if (lease === undefined) violate(`KEY LEASE: ${by} publishes ${id} without the lease on ${pk}`);
          else if (lease.isLost) violate(`KEY LEASE: ${by} publishes ${id}, and was told that ${pk} is another's`);
        }
      },
      close: (pk, owner, version) => {
        if (held.get(pk)?.over.has(version)) {
          violate(
            `VERSION: ${by} closes ${pk} at ${version} again for ${owner}, and was told that this version is over`,
          );
        }
      },
    },
    learnt: {
      acquire: ({ kind }, pk, owner) => {
        if (kind === "acquired") held.set(pk, { owner, isLost: false, over: new Set() });
        else held.delete(pk);
      },
      read: ({ parkedKey }, pk) => {
        const lease = held.get(pk);
        if (lease !== undefined) lease.isLost = parkedKey?.owner !== lease.owner;
      },
      close: (closed, pk, _owner, version) => {
        if (!closed) held.get(pk)?.over.add(version);
      },
    },
  };
}
