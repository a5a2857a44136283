import { DOWN } from "../world/scripted-target.ts";
import { times, worldOf } from "../world/world.ts";

export const MINUTE_MS = 60_000;

/** An outage that is over: events were written and parked, and the target is back. */
export async function afterOutage(count: number, world = worldOf()) {
  const { target, write, relayProcess, clock } = world;
  target.script = () => DOWN;
  await relayProcess().invoke(times(count, () => write()));
  target.script = () => undefined;
  target.calls.length = 0;
  clock.skip(MINUTE_MS);
  return world;
}
