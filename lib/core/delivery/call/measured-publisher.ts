import type { Clock, Publisher, Telemetry } from "../../ports.ts";
import { aroundCalls } from "./around-calls.ts";

/** Tells how long each call takes, whatever its target, and how many events the target already had and dropped. */
export function measuredPublisher(publisher: Publisher, clock: Clock, telemetry: Telemetry): Publisher {
  return aroundCalls(publisher, async (destination, events, untilMs) => {
    const calledAtMs = clock.now();
    const results = await publisher.publish(destination, events, untilMs);
    telemetry.measure("TargetCallTime", clock.now() - calledAtMs);
    let dropped = 0;
    for (const result of results) if (result.kind === "acknowledged" && result.duplicate === true) dropped += 1;
    telemetry.count("DuplicatesDropped", dropped);
    return results;
  });
}
