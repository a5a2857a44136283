import type { OutboxEvent } from "../../../lib/contract/event.ts";
import { metLine } from "../../../lib/core/archive/archive-lines.ts";
import { receiptsOf } from "../../../lib/core/archive/receipts.ts";
import { acknowledgedAs } from "../../../lib/core/ports.ts";
import { eventOf, itemOf } from "../../aws/fixtures.ts";
import { countedClock } from "../../world/counted-clock.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";
import { ScriptedArchive } from "../../world/scripted-archive.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";
import { recordOf } from "../../world/world.ts";

/** The receipts of one process, which may be asked when each promise of it resolved. */
export function archiveWorld({ startMs = 0, withPayload = false } = {}) {
  const clock = new VirtualClock(startMs);
  // The process's own timers are counted, and not those of the archive.
  const counted = countedClock(clock);
  const archive = new ScriptedArchive(clock);
  const telemetry = new RecordingTelemetry();
  const receipts = receiptsOf({
    ...{ role: "relay", withPayload, archive, telemetry, random: () => 0.5 },
    clock: counted,
  });
  /** When each event's row might be deleted, by its id. */
  const free = new Map<string, number>();

  /** Hands over the receipts of some events together. */
  function acknowledge(...ids: readonly string[]): Promise<void> {
    return acknowledgeAll(ids.map((id) => eventOf({ id })));
  }

  async function acknowledgeAll(events: readonly OutboxEvent[]): Promise<void> {
    const answer = acknowledgedAs({ eventId: "1" });
    await receipts.acknowledged(
      "orders",
      events.map((event) => ({ event, attempts: 1, answer })),
    );
    for (const { id } of events) free.set(id, clock.now());
  }

  function meet(...ids: readonly string[]): void {
    const nowMs = clock.now();
    receipts.met(ids.map((id) => metLine(recordOf(itemOf({ id }), "1", nowMs), nowMs, "orders")));
  }

  /** One invocation, which ends as those of a function do. */
  async function invocation(work: () => Promise<unknown>, forMs = 60_000): Promise<void> {
    receipts.begin(clock.now() + forMs);
    try {
      await work();
    } finally {
      await receipts.end();
    }
  }

  return { clock, counted, archive, telemetry, receipts, free, acknowledge, acknowledgeAll, meet, invocation };
}
