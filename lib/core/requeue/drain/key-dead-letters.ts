import type { KeyEnd } from "../../ordered/drain-key.ts";
import type { Clock, DeadLetterQueue, Telemetry } from "../../ports.ts";
import type { ProbingDelivery } from "../probing-delivery.ts";
import { type HiddenDeadLetters, LOOK_AGAIN_MS } from "./hidden-dead-letters.ts";
import type { KeyDrains } from "./key-drains.ts";
import type { RowDeadLetter } from "./live-rows.ts";

export interface KeyDeadLettersPorts {
  readonly keys: KeyDrains;
  readonly deadLetters: DeadLetterQueue;
  readonly hidden: HiddenDeadLetters;
  readonly delivery: Pick<ProbingDelivery, "allFailed">;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Starts a drain of each ordering key that dead letters point to. Resolves with how many keys these are. */
export type KeyDeadLetters = (received: readonly RowDeadLetter[]) => Promise<number>;

export function keyDeadLetters(ports: KeyDeadLettersPorts): KeyDeadLetters {
  const { keys, deadLetters, hidden, delivery, clock, telemetry } = ports;

  /** All dead letters of a key are here before its drain begins. */
  async function drainKeys(received: readonly RowDeadLetter[]): Promise<number> {
    const byKey = new Map<string, string[]>();
    for (const { key, receipt } of received) byKey.set(key.pk, [...(byKey.get(key.pk) ?? []), receipt]);
    for (const [pk, receipts] of byKey) {
      const begun = await keys.start(pk, (end) => settleKey(receipts, end));
      // Somebody in this run is at the key already, or nothing more is begun: it is looked at again by the next run.
      const ms = delivery.allFailed() ? 0 : LOOK_AGAIN_MS;
      if (!begun) await hidden.hide(receipts.map((receipt) => ({ receipt, ms })));
    }
    return byKey.size;
  }

  async function settleKey(receipts: readonly string[], end: KeyEnd): Promise<void> {
    telemetry.count("EventsRequeued", end.delivered);
    if (end.kind !== "busy") {
      if (end.kind === "clean" && end.delivered === 0) telemetry.count("DuplicatesAvoided", receipts.length);
      return deadLetters.delete(receipts);
    }
    const nowMs = clock.now();
    // Past the limit the dead letter goes: the sweep finds the parked-key record when it is due.
    if (end.retryAtMs !== undefined && hidden.room() === 0) return deadLetters.delete(receipts);
    const retryAtMs = end.retryAtMs ?? (delivery.allFailed() ? nowMs : undefined);
    if (retryAtMs !== undefined) await hidden.hide(receipts.map((receipt) => ({ receipt, ms: retryAtMs - nowMs })));
  }

  return drainKeys;
}
