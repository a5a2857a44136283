import type { Clock, Publisher, Telemetry } from "../ports.ts";
import { aroundCalls } from "./around-calls.ts";

/** Tells how long each call takes, whichever target it goes to. */
export function timedPublisher(publisher: Publisher, clock: Clock, telemetry: Telemetry): Publisher {
  return aroundCalls(publisher, async (destination, events, untilMs) => {
    const calledAtMs = clock.now();
    const results = await publisher.publish(destination, events, untilMs);
    telemetry.measure("TargetCallTime", clock.now() - calledAtMs);
    return results;
  });
}
