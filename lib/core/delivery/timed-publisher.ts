import type { Clock, Publisher, Telemetry } from "../ports.ts";

/** Tells how long each call takes, whichever target it goes to. */
export function timedPublisher(publisher: Publisher, clock: Clock, telemetry: Telemetry): Publisher {
  return {
    limits: publisher.limits,
    atomicBatches: publisher.atomicBatches ?? false,
    destinationOf: (event) => publisher.destinationOf(event),
    bytesOf: (event) => publisher.bytesOf(event),
    verify: (destination, untilMs) => publisher.verify(destination, untilMs),
    async publish(destination, events, untilMs) {
      const calledAtMs = clock.now();
      const results = await publisher.publish(destination, events, untilMs);
      telemetry.measure("TargetCallTime", clock.now() - calledAtMs);
      return results;
    },
  };
}
