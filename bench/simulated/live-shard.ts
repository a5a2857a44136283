import type { OutboxRow } from "../../lib/contract/event.ts";
import type { Clock, Random } from "../../lib/core/ports.ts";
import type { RelayResult } from "../../lib/core/relay/relay.ts";
import type { StreamRecord } from "../../lib/core/stream-record.ts";

/** Lambda polls a shard four times a second, or at once after an invocation that took longer. */
export const POLL_MS = 250;
/** The construct's value. */
const BATCH_SIZE = 1_000;

export interface LiveShardOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly eventsPerSecond: number;
  relay(records: readonly StreamRecord[]): Promise<RelayResult>;
  /** Writes the next row, as at this time (epoch milliseconds). */
  write(atMs: number): OutboxRow;
  isOver(): boolean;
  /** How long until the first poll, in milliseconds. @default any time up to the next one */
  readonly firstPollMs?: number;
}

/**
 * One shard with its event source mapping: rows are written at an even rate, polled, and passed to a relay until the
 * time is over.
 */
export async function liveShard(options: LiveShardOptions): Promise<void> {
  const { clock, random, eventsPerSecond, relay, write, isOver } = options;
  // Each shard is polled at its own times.
  const { firstPollMs = random() * POLL_MS } = options;
  let writtenUntilMs = clock.now();
  let position = 0;
  let waiting: readonly StreamRecord[] = [];

  /** The rows since the last poll. They are written only now, since no one reads a row before it is polled. */
  function written(): readonly StreamRecord[] {
    const fromMs = writtenUntilMs;
    writtenUntilMs = clock.now();
    const wanted = ((writtenUntilMs - fromMs) * eventsPerSecond) / 1_000;
    const count = Math.floor(wanted + random());
    return Array.from({ length: count }, (_unused, index) => {
      const writtenAtMs = fromMs + ((index + 0.5) * (writtenUntilMs - fromMs)) / count;
      position += 1;
      return { position: String(position), writtenAtMs, row: write(writtenAtMs) };
    });
  }

  await clock.sleep(firstPollMs);
  for (let pollMs = clock.now(); !isOver(); ) {
    waiting = [...waiting, ...written()];
    const batch = waiting.slice(0, BATCH_SIZE);
    if (batch.length > 0) {
      const { checkpoint } = await relay(batch);
      const leftAt = batch.findIndex((record) => record.position === checkpoint);
      waiting = waiting.slice(leftAt === -1 ? batch.length : leftAt);
    }
    // The rest of a longer backlog was already read.
    pollMs = waiting.length >= BATCH_SIZE ? clock.now() : Math.max(pollMs + POLL_MS, clock.now());
    await clock.sleep(pollMs - clock.now());
  }
}
