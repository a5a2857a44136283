import type { DestinationTrials } from "../../../lib/core/delivery/trials.ts";
import { times } from "../../world/world.ts";

/** What a promise has come to once all jobs have run. */
export async function cameOf<Value>(promise: Promise<Value>): Promise<Value | "waits"> {
  await new Promise(setImmediate);
  return Promise.race([promise, Promise.resolve("waits" as const)]);
}

/** What new calls get that all ask for their turn now. Each that goes holds up others behind it. */
export const newTurns = (trials: DestinationTrials, count = 5) =>
  Promise.all(times(count, () => cameOf(trials.begin().turn())));
