import { setTimeout as sleep } from "node:timers/promises";
import { LocalRunError } from "../../lib/local/local-run-error.ts";
import { ORDERS_TABLE, writeOrder } from "./orders.ts";
import type { Stage } from "./stage.ts";

/** Cold starts of both functions, with room for a slow machine. */
const WITHIN_MS = 60_000;
const POLL_MS = 50;

/**
 * Delivers one event before the show: cold starts are over then, and the functions are known to reach the proxy.
 *
 * @returns the time it took, in milliseconds.
 * @throws LocalRunError if the event does not arrive.
 */
export async function warmUp({ clients, deployment, proxy, subscriber, signal }: Stage): Promise<number> {
  const startedMs = performance.now();
  const tables = { orders: ORDERS_TABLE, outbox: deployment.tableName };
  const { eventId } = await writeOrder(clients.dynamodb, tables, 0);
  while (!subscriber.arrivals.byId.has(eventId)) {
    if (performance.now() - startedMs > WITHIN_MS) {
      const calls = Object.values(proxy.counts.requests).reduce((sum, each) => sum + each, 0);
      const cause =
        calls === 0
          ? "the relay made no call to EventBridge, or cannot reach the fault proxy on this machine's loopback"
          : `the relay made ${calls} calls to EventBridge`;
      throw new LocalRunError(`The first event did not arrive within ${WITHIN_MS / 1000} s: ${cause}.`);
    }
    await sleep(POLL_MS, undefined, { signal });
  }
  return performance.now() - startedMs;
}
