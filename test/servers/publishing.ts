import { expect } from "vitest";
import type { SecretSource } from "../../lib/aws/secrets.ts";
import { systemClock } from "../../lib/aws/system.ts";
import type { OutboxEvent } from "../../lib/contract/event.ts";
import type { PublishResult } from "../../lib/core/ports.ts";
import type { CreatePublisher } from "../../lib/targets/shared/run/target-factory.ts";
import { RecordingTelemetry } from "../world/recording-telemetry.ts";

/** Publishes to the configured destination, and resolves with what became of each event. */
export type Publish = (events: readonly OutboxEvent[], forMs?: number) => Promise<readonly PublishResult[]>;

const CALL_MS = 10_000;

/** A publisher that connects by itself, as a function makes it. */
export function publishing(createPublisher: CreatePublisher, config: unknown, secrets: SecretSource): Publish {
  const telemetry = new RecordingTelemetry();
  const path = "OUTBOX_RELAY_TARGET";
  const publisher = createPublisher({ config, path, concurrency: 8, clock: systemClock, telemetry, secrets });
  return async (events, forMs = CALL_MS) => {
    const [event] = events;
    if (event === undefined) return [];
    const results = await publisher.publish(publisher.destinationOf(event), events, systemClock.now() + forMs);
    expect(results).toHaveLength(events.length);
    return results;
  };
}

export const ACKNOWLEDGED: PublishResult = { kind: "acknowledged" };

/** A matcher for a failure of this class, scope and code. */
export const failure = (failureClass: string, scope: string, code: string) => ({
  kind: "failed",
  failure: { class: failureClass, scope, code },
});
