import type { PendingDeletes } from "../../lib/core/delivery/deletes/pending-deletes.ts";
import { MAX_PENDING_DELETES } from "../../lib/core/delivery/deletes/places.ts";
import type { Clock } from "../../lib/core/ports.ts";

/** The reservation resolves after a few turns if there is room. Otherwise it waits for a place. */
const TURNS = 8;

/**
 * Whether the calls of a process at rest have given back all their places. A place that is not given back is lost as long as
 * the process lives, and after a thousand of them it publishes nothing any more. This cannot be told while deletes are still
 * pending.
 */
export async function hasAllPlaces(pendingDeletes: PendingDeletes, clock: Clock): Promise<boolean> {
  if ((await pendingDeletes.flush(clock.now())) > 0) return true;
  let all = false;
  void pendingDeletes.reserve("default", MAX_PENDING_DELETES, clock.now() + 1).then((taken) => {
    all = taken;
    if (taken) pendingDeletes.release("default", MAX_PENDING_DELETES);
  });
  for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve();
  return all;
}
