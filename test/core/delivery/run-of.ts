import type { OutboxEvent } from "../../../lib/contract/event.ts";
import type { Deadlines } from "../../../lib/core/delivery/delivery-run.ts";
import { trials } from "../../../lib/core/delivery/trials.ts";
import { eventOf } from "../../engine/event-of.ts";
import { TIMEOUT_MS, times, type WorldOptions, worldOf } from "../../world/world.ts";

/** One invocation of a relay process of a world, without the relay around it: what delivers. */
export function runIn({ relayProcess }: Pick<ReturnType<typeof worldOf>, "relayProcess">) {
  const { work: _work, invoke: _invoke, ...parts } = relayProcess();
  return { ...parts, trials: trials() };
}

/** A world, one invocation in it, and events that wait to be delivered. */
export function runOf(options: WorldOptions = {}) {
  const world = worldOf(options);
  const run = runIn(world);
  const { telemetry, limiters } = run;
  const written = (...args: Parameters<typeof world.write>): OutboxEvent => eventOf(world.write(...args).row);
  const writtenMany = (count: number): readonly OutboxEvent[] => times(count, () => written());
  /** The time that an invocation has from now on. */
  const deadlines = (ms = TIMEOUT_MS): Deadlines => {
    const publishUntilMs = world.clock.now() + ms;
    return { publishUntilMs, endMs: publishUntilMs };
  };
  return { ...world, run, telemetry, limiters, written, writtenMany, deadlines };
}
