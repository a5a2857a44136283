import type { PendingDeletes } from "../../lib/core/delivery/pending-deletes.ts";
import { MAX_PENDING_DELETES } from "../../lib/core/delivery/places.ts";
import type { Clock } from "../../lib/core/ports.ts";

/** The reservation is through after a few turns where there is room, and else waits for a place. */
const TURNS = 8;

/**
 * Whether a process that is at rest has every place again which its calls took: one that is not given back is lost for as long as
 * the process lives, and after a thousand it publishes nothing any more. Nobody can tell while deletes are still to be made.
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
