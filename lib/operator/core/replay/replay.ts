import { boundedMap } from "../../../core/parallel.ts";
import type { FixedRateLimiter } from "../../../core/requeue/fixed-rate-limiter.ts";
import type { Outcomes } from "../act.ts";
import { stoppableRateLimiter } from "../rate-limiter.ts";
import { type PlannedKey, planOf } from "./plan.ts";
import { hadItsTurn, type Position, type Positions, partitionsOf, WRITERS } from "./position.ts";
import { type PrepareOptions, prepare, type Unfit } from "./prepare.ts";
import type { ReplayPorts } from "./replay-ports.ts";

/**
 * Replay: acknowledged events are put into the outbox again, each at its own key and sequence, as if it had been written now.
 * The stream brings their rows to the relay, which delivers them like any other.
 *
 * The events of a key are put one after the other, ascending, so the stream brings them in their order. A key belongs to one of
 * {@link WRITERS} writers, which go on side by side. Each writer goes through its events in one order, and notes its position
 * in the transaction that puts a row: a later run goes on behind it, and no event is put twice by one replay, wherever it died.
 *
 * An event that is left out for a reason has had its turn once a later one of the writer was put. Until then a later run meets
 * it again.
 */
export interface ReplayOptions extends PrepareOptions {
  readonly keepsOrder: boolean;
  readonly eventsPerSecond: number;
  /** How far earlier runs came. */
  readonly positions: Positions;
  readonly onProgress: (events: number) => void;
}

export type ReplayOutcome =
  | "put"
  /** A row stands at its place. */
  | "occupied"
  /** Its key had events in the table, and such keys are to be left out. */
  | "busy"
  /** DynamoDB refuses its row. */
  | "not-taken"
  | Unfit;

interface Writing extends ReplayOptions {
  readonly ports: ReplayPorts;
  readonly waitForTurn: FixedRateLimiter;
  readonly settle: (outcome: ReplayOutcome, by?: number) => void;
  /** The operator wants it to end, or another writer has failed. */
  readonly isOver: () => boolean;
}

export async function replay(
  ports: ReplayPorts,
  options: ReplayOptions,
  outcomes: Outcomes<ReplayOutcome>,
): Promise<void> {
  let settled = 0;
  let hasFailed = false;
  const isOver = () => hasFailed || ports.stopped();
  const writing: Writing = {
    ...options,
    ports,
    isOver,
    waitForTurn: stoppableRateLimiter(options.eventsPerSecond, { clock: ports.clock, stopped: isOver }),
    settle: (outcome, by = 1) => {
      outcomes.add(outcome, by);
      settled += by;
      options.onProgress(settled);
    },
  };
  const writers = Array.from({ length: WRITERS }, (_unused, writer) => writer);
  await boundedMap(writers, WRITERS, async (writer) => {
    try {
      await writeAll(writer, writing);
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  });
}

async function writeAll(writer: number, writing: Writing): Promise<void> {
  let last = writing.positions.get(writer);
  for (const partition of partitionsOf(writer)) {
    if (last !== undefined && partition < last.partition) continue;
    for (const key of planOf(writing.ports.spill, partition, writing.keepsOrder)) {
      if (writing.isOver()) return;
      last = await writeKey(writer, partition, key, last, writing);
    }
  }
}

/** @returns the position of the writer's last row. */
async function writeKey(
  writer: number,
  partition: number,
  key: PlannedKey,
  from: Position | undefined,
  writing: Writing,
): Promise<Position | undefined> {
  const { ports, request, replayId, positions, settle, waitForTurn, isOver } = writing;
  const ahead = key.events.filter((event) => !hadItsTurn(positions, { partition, ...event }));
  const isBegun = ahead.length < key.events.length;
  if (request.skipBusyKeys && key.isOrdered && !isBegun && (await ports.table.hasItems(key.pk))) {
    settle("busy", ahead.length);
    return from;
  }
  let last = from;
  for (const event of ahead) {
    await waitForTurn(1);
    if (isOver()) return last;
    const prepared = prepare(event, writing, ports);
    if (prepared.kind === "unfit") {
      settle(prepared.why);
      continue;
    }
    const to: Position = { partition, key: event.key, atMs: event.atMs, id: event.id };
    const end = await ports.rows.put(prepared.item, { replayId, writer, from: last, to });
    if (end === "put") last = to;
    settle(end);
  }
  return last;
}
