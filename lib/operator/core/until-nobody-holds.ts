import { LEASE_SECONDS } from "../../core/requeue/requeuer.ts";
import type { CommandPorts, OperatorTable } from "./operator-ports.ts";

export interface HolderPorts extends CommandPorts {
  readonly table: Pick<OperatorTable, "requeuerUntil">;
  /** The relay's timeout and a margin for clocks that disagree. */
  readonly minParkedMs: number;
}

const CHECK_EVERY_MS = 1_000;

/**
 * Waits until nobody can have a row in hand that rests since `sinceMs`: every relay that began before is over, and so
 * is a requeuer that ran then. An actor that began later has read that the row rests.
 *
 * A requeuer is over when its lease is gone or another's, or has stood for as long as a lease lasts. Times are measured
 * here and never compared with what a function's clock wrote.
 *
 * @returns false where the operator stopped the command before.
 */
export async function untilNobodyHolds(
  sinceMs: number,
  { table, clock, minParkedMs, stopped }: HolderPorts,
): Promise<boolean> {
  const lease = await table.requeuerUntil();
  const checkedMs = clock.now();
  let requeuerOver = lease === undefined;
  while (!stopped()) {
    const nowMs = clock.now();
    requeuerOver ||= nowMs - checkedMs >= LEASE_SECONDS * 1_000 || (await table.requeuerUntil()) !== lease;
    const leftMs = sinceMs + minParkedMs - nowMs;
    if (requeuerOver && leftMs <= 0) return true;
    await clock.sleep(Math.min(CHECK_EVERY_MS, Math.max(1, requeuerOver ? leftMs : CHECK_EVERY_MS)));
  }
  return false;
}

/** Sleeps in short steps, so that an operator who stops the command need not wait. */
export async function pauseUntil(dueMs: number, { clock, stopped }: CommandPorts): Promise<void> {
  while (!stopped() && clock.now() < dueMs) await clock.sleep(Math.min(CHECK_EVERY_MS, dueMs - clock.now()));
}
