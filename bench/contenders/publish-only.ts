import { composed } from "../../lib/adapters/composition.ts";
import { readEnvironment } from "../../lib/adapters/environment.ts";
import { streamRecords } from "../../lib/adapters/stream-records.ts";
import { createPublisher } from "../../lib/adapters/targets/eventbridge.ts";
import { limitersWith } from "../../lib/core/delivery/destination-limiters.ts";
import { relayLimiter } from "../../lib/core/delivery/limiter-settings.ts";
import { trackPendingDeletes } from "../../lib/core/delivery/pending-deletes.ts";
import { relay } from "../../lib/core/relay.ts";
import { takePart } from "../contender.ts";
import { streamEvent } from "../rows.ts";

/** lambdas/relay.ts with one part exchanged: a table that has deleted its rows at once, without a call. */
const parts = composed("relay", readEnvironment(process.env), createPublisher);
const { clock, settings, telemetry, beginInvocation } = parts;
const limiters = limitersWith(relayLimiter(settings.concurrency), clock, parts.existences);
const table = { ...parts.table, deleteRows: async () => [] };
const pendingDeletes = trackPendingDeletes(table, clock, telemetry);
const delivery = { ...parts, pendingDeletes, limiters, backoff: settings.backoff };
const ports = { ...parts, table, delivery, concurrency: settings.concurrency };

const TIMEOUT_MS = 60_000;

takePart({
  async prepare(events) {
    const batch = streamEvent(events, Date.now());
    return async () => {
      const endMs = clock.now() + TIMEOUT_MS;
      const endInvocation = beginInvocation(endMs);
      const { checkpoint } = await relay(streamRecords(batch, telemetry), ports, { publishUntilMs: endMs, endMs });
      await endInvocation();
      if (checkpoint !== undefined) throw new Error("The relay did not attempt the whole batch");
    };
  },
});
