import { inParallel } from "../parallel.ts";
import { rests } from "../read-back.ts";
import { paceOf } from "../requeue/pace.ts";
import type { TallyBook } from "./act.ts";
import { GONE } from "./ends.ts";
import type { CommandPorts, OperatorTable } from "./operator-ports.ts";
import type { WaitingEvent } from "./waiting-event.ts";

/**
 * Retry: what rests is made due, so that the requeuer takes it at its next run. Nothing is published from here.
 *
 * So a retry cannot break what the relay and the requeuer keep: they publish the row, read again, in the order of its key,
 * behind their breaker. It costs one conditional write for a row, and one for a parked key however many events wait
 * behind its gate. It is safe to repeat and to interrupt: what was not reached rests on.
 *
 * The rate counts events made due. A run of the requeuer takes what became due since the last one, so it meets up to a
 * minute's worth at once; inside a run `maxDrainRate` is the limit.
 *
 * A gate is never opened before the relays are over that may have seen none, which is `gateMs` after its key's letter
 * was sent: before that two actors could publish the same event.
 */
export interface RetryPorts extends CommandPorts {
  readonly table: Pick<OperatorTable, "makeDue" | "makeGateDue" | "readGate">;
  /** How long a new gate stays shut. */
  readonly gateMs: number;
}

export interface RetryOptions {
  /** Events made due in a second. @default as fast as the table takes the writes */
  readonly eventsPerSecond?: number | undefined;
  readonly onProgress?: (events: number) => void;
}

const PARALLEL_WRITES = 16;

export async function retryEvents(
  events: readonly WaitingEvent[],
  { table, clock, gateMs, stopped }: RetryPorts,
  book: TallyBook,
  { eventsPerSecond, onProgress }: RetryOptions = {},
): Promise<void> {
  const pace = paceOf(eventsPerSecond, clock);
  let done = 0;
  const settle = (end: string, count: number) => {
    book.add(end, count);
    done += count;
    onProgress?.(done);
  };

  async function retryRow(event: WaitingEvent): Promise<void> {
    // What rests already no longer, or never did, is the requeuer's without our doing.
    if (!rests(event.notBeforeMs, clock.now())) return settle("due already", 1);
    await pace(1);
    if (stopped()) return;
    settle(ENDS[await table.makeDue({ ...event.key, id: event.id }, clock.now())], 1);
  }

  async function retryKey(pk: string, count: number): Promise<void> {
    await pace(count);
    if (stopped()) return;
    const gate = await table.readGate(pk);
    if (gate === undefined) return settle("not parked", count);
    const dueMs = earliestDue(gate, gateMs, clock.now());
    settle(ENDS[await table.makeGateDue(pk, dueMs, clock.now())], count);
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
  await inParallel(tasks, PARALLEL_WRITES, async (task) => {
    if (!stopped()) await task();
  });
}

/** When a gate may be taken at the earliest. Where nobody noted when its letter was sent, it may have been just now. */
export const earliestDue = ({ letterAtMs }: { readonly letterAtMs?: number }, gateMs: number, nowMs: number): number =>
  Math.max(nowMs, Math.min(letterAtMs ?? nowMs, nowMs) + gateMs);

const ENDS = {
  "made-due": "made due",
  "due-already": "due already",
  gone: GONE,
  held: "held by another command",
  draining: "being delivered now",
  "no-gate": "not parked",
} as const;
