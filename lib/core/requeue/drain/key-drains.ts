import { errorName } from "../../../contract/telemetry/error-name.ts";
import type { Deadlines, Delivery } from "../../delivery/delivery-run.ts";
import type { Parking } from "../../delivery/park.ts";
import { drainKey, type KeyEnd } from "../../ordered/drain-key.ts";
import type { OrderedPorts } from "../../ordered/ordering.ts";
import type { PublishInOrder } from "../../ordered/publish-in-order.ts";
import type { TargetHealth } from "../target-health.ts";

/**
 * The ordering keys that one run drains, many at once. A slow key, such as one with ten thousand waiting events, takes
 * one place of many; the sweep and the dead letters go on beside it.
 */
export interface KeyDrains {
  /**
   * Drains a key in the background, as soon as there is room. Resolves with whether the drain began: it does not when
   * time is up, no destination takes events, or the key is being drained already.
   *
   * @param ended is called with the end of the drain.
   */
  start(pk: string, ended: (end: KeyEnd) => Promise<void>): Promise<boolean>;
  /** Waits for all begun drains. Rejects with the first error of any. */
  settled(): Promise<void>;
}

export interface KeyDrainsPorts {
  readonly ordering: OrderedPorts;
  readonly delivery: Delivery;
  readonly parking: Parking;
  readonly publish: PublishInOrder;
  readonly health: TargetHealth;
  /** Names this run. */
  readonly owner: string;
  readonly leaseMs: number;
}

const KEYS_AT_ONCE = 100;

export function keyDrains(ports: KeyDrainsPorts, { publishUntilMs, endMs }: Deadlines): KeyDrains {
  const { delivery, owner, health } = ports;
  const { clock, telemetry } = delivery;
  const running = new Map<string, Promise<void>>();
  const errors: unknown[] = [];
  let begun = 0;

  async function drain(pk: string, ended: (end: KeyEnd) => Promise<void>): Promise<void> {
    begun += 1;
    try {
      await ended(await drainKey(pk, { ...delivery, ...ports, endMs, owner: `${owner}/${begun}` }));
    } catch (error) {
      errors.push(error);
      telemetry.log("warn", "An ordering key could not be drained; it stays parked until the next run", {
        error: errorName(error),
      });
    } finally {
      running.delete(pk);
    }
  }

  return {
    async start(pk, ended) {
      while (running.size >= KEYS_AT_ONCE) await Promise.race(running.values());
      // A second drain of the same key could not tell whether the first one saw what its dead letter stands for.
      if (running.has(pk) || clock.now() >= publishUntilMs || health.allFailed()) return false;
      running.set(pk, drain(pk, ended));
      return true;
    },
    async settled() {
      await Promise.all(running.values());
      if (errors.length > 0) throw errors[0];
    },
  };
}
