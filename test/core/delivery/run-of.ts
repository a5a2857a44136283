import type { OutboxEvent } from "../../../lib/contract/event.ts";
import type { Deadlines } from "../../../lib/core/delivery/delivery-run.ts";
import { trials } from "../../../lib/core/delivery/trials.ts";
import type { StreamRecord } from "../../../lib/core/stream-record.ts";
import { TIMEOUT_MS, times, type WorldOptions, worldOf } from "../../world/world.ts";

/** One invocation of a relay process, without the relay around it: what delivers, and events that wait to be delivered. */
export function runOf(options: WorldOptions = {}) {
  const world = worldOf(options);
  const { telemetry, work: _work, invoke: _invoke, ...parts } = world.relayProcess();
  const run = { ...parts, telemetry, trials: trials() };
  const eventOf = ({ row }: StreamRecord): OutboxEvent => {
    if (row.content.kind !== "event") throw new Error("A row that is as it should be holds an event");
    return row.content.event;
  };
  const written = (...args: Parameters<typeof world.write>) => eventOf(world.write(...args));
  const writtenMany = (count: number): readonly OutboxEvent[] => times(count, () => written());
  /** The time that an invocation has from now on. */
  const deadlines = (ms = TIMEOUT_MS): Deadlines => {
    const publishUntilMs = world.clock.now() + ms;
    return { publishUntilMs, endMs: publishUntilMs };
  };
  return { ...world, run, telemetry, limiters: parts.limiters, written, writtenMany, deadlines };
}
