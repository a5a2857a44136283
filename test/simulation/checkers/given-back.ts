import { type Context, isRequeuer } from "./context.ts";
import type { Checker } from "./watched.ts";

/**
 * By its end a run has given back its lease. It has given back each key that it took, or freed it, or was told that the key is
 * another's by now. Only where the table refused a request about the key may the lease end by itself.
 */
export function givenBack(context: Context): Checker {
  const { by, violate } = context;
  /** The keys in hand, each with the owner of the lease. */
  const keys = new Map<string, string>();
  const isOurs = (pk: string, owner: string | undefined) => owner !== undefined && owner === keys.get(pk);
  const drop = (pk: string) => keys.delete(pk);
  let hasRun = false;
  if (!isRequeuer(context)) return {};
  return {
    begun: () => {
      keys.clear();
      hasRun = false;
    },
    asked: {
      release: drop,
      releaseLease: () => {
        hasRun = false;
      },
    },
    learnt: {
      acquire: ({ kind }, pk, owner) => {
        if (kind === "acquired") keys.set(pk, owner);
      },
      acquireLease: (acquired) => {
        hasRun = acquired;
      },
      close: (closed, pk) => {
        if (closed) drop(pk);
      },
      read: ({ parkedKey }, pk) => {
        if (!isOurs(pk, parkedKey?.owner)) drop(pk);
      },
      readParkedKey: (parkedKey, pk) => {
        if (!isOurs(pk, parkedKey?.owner)) drop(pk);
      },
    },
    refused: {
      ...{ highest: drop, read: drop, close: drop, readParkedKey: drop },
      presence: ({ pk }) => drop(pk),
    },
    ended: () => {
      if (hasRun) violate(`GIVEN BACK: ${by} has ended, and keeps the lease of its run`);
      for (const pk of keys.keys()) violate(`GIVEN BACK: ${by} has ended, and keeps the lease on ${pk}`);
    },
  };
}
