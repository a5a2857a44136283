import { relayDeadlines } from "../../contract/settings/closing-times.ts";
import type { LimiterSettings } from "../delivery/limiter/destination-limiter.ts";
import { limitersWith } from "../delivery/limiter/destination-limiters.ts";
import { relayLimiter } from "../delivery/limiter/limiter-settings.ts";
import { type RelayResult, relay } from "../relay/relay.ts";
import type { StreamRecord } from "../stream-record.ts";
import { invocationOf, type ProcessPorts, type ProcessSettings, processParts } from "./process.ts";

export type RelayProcess = ReturnType<typeof relayProcess>;

/**
 * A process of the relay. Its limiters and breakers, its pending deletes and its knowledge of destinations outlive its
 * invocations, which run one at a time.
 *
 * @param limits of each destination's limiter. @default {@link relayLimiter}
 */
export function relayProcess(
  ports: ProcessPorts,
  settings: ProcessSettings,
  limits: LimiterSettings = relayLimiter(settings.concurrency),
) {
  const parts = processParts("relay", ports, settings);
  // Nothing is published before the answer, so the check begins while the rest of the function starts.
  parts.existences.of(ports.publisher.destinationOf({})).begin();
  const limiters = limitersWith(limits, ports.clock, parts.existences);
  const made = { ...parts, delivery: { ...parts, limiters }, concurrency: settings.concurrency };
  return {
    parts: { ...parts, limiters },
    /**
     * Delivers one batch. Settles a second before `timeoutAtMs`, and rejects only on a bug.
     *
     * @param read reads the records, inside the invocation: its logs and metrics belong there.
     * @param timeoutAtMs when Lambda ends the invocation, in epoch milliseconds.
     */
    invoke(read: () => readonly StreamRecord[], timeoutAtMs: number): Promise<RelayResult> {
      const deadlines = relayDeadlines(timeoutAtMs);
      return invocationOf(ports, parts, deadlines.endMs, async () => relay(read(), made, deadlines));
    },
  };
}
