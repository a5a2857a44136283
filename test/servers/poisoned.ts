import { systemClock } from "../../lib/aws/system.ts";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import type { NewEvent } from "../../lib/contract/codec/encode-row.ts";
import { MAX_ITEM_BYTES } from "../../lib/contract/codec/item-size.ts";
import { idOf, type OutboxRow } from "../../lib/contract/event.ts";
import { aroundCalls } from "../../lib/core/delivery/call/around-calls.ts";
import type { Clock, Publisher } from "../../lib/core/ports.ts";
import { relayProcess } from "../../lib/core/process/relay-process.ts";
import { requeuerProcess } from "../../lib/core/process/requeuer-process.ts";
import { itemOf } from "../aws/fixtures.ts";
import { recordOf } from "../world/world.ts";
import { outboxBefore, SETTINGS } from "./outbox-before.ts";

const CALL_MS = 500;
const TIMEOUT_MS = 25_000;
const RUNS = 2;
const HOUR_MS = 3_600_000;

/** A row's state in the end. */
export interface LeftRow {
  readonly id: string | undefined;
  /** Rounds that ended with a failure of the event's own: the row is marked, and rests. */
  readonly attempts: number;
}

/**
 * Writes events to an outbox in memory, and runs the real relay over them once and the requeuer twice, an hour apart, in real
 * time, with half a second for each call to the target. Resolves with the rows that are left.
 */
export async function leftBeside(
  publisher: Publisher,
  events: readonly Partial<NewEvent>[],
): Promise<readonly LeftRow[]> {
  let laterMs = 0;
  const clock: Clock = { now: () => systemClock.now() + laterMs, sleep: systemClock.sleep };
  const hurried = aroundCalls(publisher, (destination, together, untilMs) =>
    publisher.publish(destination, together, systemClock.now() + Math.min(CALL_MS, untilMs - clock.now())),
  );
  const { table, ports } = outboxBefore(hurried, clock);

  const records = events.map((event, index) => {
    // Data larger than a row is stored as gzip, or its row would have no room for a mark.
    const gzip = typeof event.data === "string" && event.data.length > MAX_ITEM_BYTES;
    const item = itemOf({ recordedtime: new Date(clock.now()).toISOString(), ...event }, { gzip });
    table.put(item);
    return recordOf(item, String(index).padStart(21, "0"), clock.now());
  });
  await relayProcess(ports, SETTINGS).invoke(() => records, clock.now() + TIMEOUT_MS);
  const requeuer = requeuerProcess(ports, SETTINGS);
  for (let run = 1; run <= RUNS; run += 1) {
    laterMs += HOUR_MS;
    await requeuer.invoke(`run-${run}`, clock.now() + TIMEOUT_MS);
  }

  const rows = [...table.items.values()].map(decodeItem);
  return rows
    .flatMap((item): readonly OutboxRow[] => (item.kind === "row" ? [item.row] : []))
    .map(({ content, marks }) => ({ id: idOf(content), attempts: marks.attempts }));
}
