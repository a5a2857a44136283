import { rests } from "../../contract/read-back.ts";
import { boundedMap } from "../../core/parallel.ts";
import type { Outcomes } from "./act.ts";
import type { WaitingEvent } from "./events/waiting-event.ts";
import type { CommandPorts, OperatorTable } from "./operator-ports.ts";
import type { RetryOutcome } from "./outcomes.ts";
import { stoppableRateLimiter } from "./rate-limiter.ts";

/**
 * Retry: what rests is made due, so that the requeuer takes it at its next run. Nothing is published from here.
 *
 * So a retry cannot break what the relay and the requeuer keep: they publish the row, read again, in the order of its
 * key, behind their breaker. It costs one conditional write for a row, and one for a parked key however many events
 * wait behind its parked-key record. It is safe to repeat and to interrupt: what was not reached rests on.
 *
 * The rate counts events made due. A run of the requeuer takes what became due since the last one, so it meets up to a
 * minute's worth at once; inside a run `maxDrainRate` is the limit.
 *
 * A parked key is not made due until every relay that may have seen no record of it is over, which is `minParkedMs`
 * after its dead letter was sent. Before that, two actors could publish the same event.
 */
export interface RetryPorts extends CommandPorts {
  readonly table: Pick<OperatorTable, "makeDue" | "makeParkedKeyDue" | "readParkedKey">;
  /** How long a new parked-key record rests. */
  readonly minParkedMs: number;
}

export interface RetryOptions {
  /** Events made due in a second. @default as fast as the table takes the writes */
  readonly eventsPerSecond?: number | undefined;
  readonly onProgress?: (events: number) => void;
}

const PARALLEL_WRITES = 16;

export async function retryEvents(
  events: readonly WaitingEvent[],
  { table, clock, minParkedMs, stopped }: RetryPorts,
  outcomes: Outcomes<RetryOutcome>,
  { eventsPerSecond, onProgress }: RetryOptions = {},
): Promise<void> {
  const waitForTurn = stoppableRateLimiter(eventsPerSecond, { clock, stopped });
  let done = 0;
  const settle = (outcome: RetryOutcome, count: number) => {
    outcomes.add(outcome, count);
    done += count;
    onProgress?.(done);
  };

  async function retryRow(event: WaitingEvent): Promise<void> {
    // An event that does not rest needs no write: the requeuer takes it anyway.
    if (!rests(event.notBeforeMs, clock.now())) return settle("due-already", 1);
    await waitForTurn(1);
    if (stopped()) return;
    settle(await table.makeDue({ ...event.key, id: event.id }, clock.now()), 1);
  }

  async function retryKey(pk: string, count: number): Promise<void> {
    await waitForTurn(count);
    if (stopped()) return;
    const parkedKey = await table.readParkedKey(pk);
    if (parkedKey === undefined) return settle("not-parked", count);
    const dueMs = earliestDue(parkedKey, minParkedMs, clock.now());
    settle(await table.makeParkedKeyDue(pk, dueMs, clock.now()), count);
  }

  const keys = new Map<string, number>();
  for (const { key, ordered } of events) if (ordered) keys.set(key.pk, (keys.get(key.pk) ?? 0) + 1);
  const tasks = [
    ...events.filter(({ ordered }) => !ordered).map((event) => () => retryRow(event)),
    ...[...keys].map(
      ([pk, count]) =>
        () =>
          retryKey(pk, count),
    ),
  ];
  await boundedMap(tasks, PARALLEL_WRITES, async (task) => {
    if (!stopped()) await task();
  });
}

/**
 * When a parked key may be drained at the earliest. Where the record does not say when its dead letter was sent, that
 * may have been just now.
 */
export const earliestDue = (
  { deadLetterAtMs }: { readonly deadLetterAtMs?: number },
  minParkedMs: number,
  nowMs: number,
): number => Math.max(nowMs, Math.min(deadLetterAtMs ?? nowMs, nowMs) + minParkedMs);
