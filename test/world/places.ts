import type { AcknowledgedRows } from "../../lib/core/delivery/acknowledged-rows.ts";
import { MAX_OWED_ROWS } from "../../lib/core/delivery/places.ts";
import type { Clock } from "../../lib/core/ports.ts";

/** The reservation is through after a few turns where there is room, and else waits for a place. */
const TURNS = 8;

/**
 * Whether a process that is at rest has every place again which its calls took: one that is not given back is lost for as long as
 * the process lives, and after a thousand it publishes nothing any more. Nobody can tell while deletes are still to be made.
 */
export async function hasAllPlaces(acknowledged: AcknowledgedRows, clock: Clock): Promise<boolean> {
  if ((await acknowledged.flush(clock.now())) > 0) return true;
  let all = false;
  void acknowledged.reserve("default", MAX_OWED_ROWS, clock.now() + 1).then((taken) => {
    all = taken;
    if (taken) acknowledged.release("default", MAX_OWED_ROWS);
  });
  for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve();
  return all;
}
