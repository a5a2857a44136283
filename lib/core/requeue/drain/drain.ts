import type { ReceivedDeadLetter } from "../../../contract/dead-letter.ts";
import { isOrdered } from "../../../contract/sequence.ts";
import type { PendingDeletes } from "../../delivery/deletes/pending-deletes.ts";
import type { Parking } from "../../delivery/park.ts";
import { boundedMap } from "../../parallel.ts";
import type { Clock, DeadLetterQueue, OutboxTable, Poll, Telemetry } from "../../ports.ts";
import type { LateDestinations } from "../late-destinations.ts";
import type { ProbingDelivery } from "../probing-delivery.ts";
import type { RowsInHand } from "../rows-in-hand.ts";
import { hiddenDeadLetters, LONGEST_HIDE_MS } from "./hidden-dead-letters.ts";
import { keyDeadLetters } from "./key-dead-letters.ts";
import type { KeyDrains } from "./key-drains.ts";
import type { RowDeadLetter } from "./live-rows.ts";
import { rowDrain } from "./row-drain.ts";

/**
 * The drain: takes dead letters from the dead-letter queue and delivers the rows they point to. The row, read again, is
 * what is published; the dead letter is only the reason to look. A dead letter goes when its row is gone; until then it
 * is hidden.
 */
export interface Drain {
  /**
   * Takes up to `width` receives of ten dead letters each. Resolves when they are settled, but for those of late destinations.
   *
   * @param othersMayCome whether a sole known destination may be late too. Several always may. @default false
   */
  round(width: number, othersMayCome?: boolean): Promise<RoundResult>;
  /** Once nothing is late any more: leaves what was not tried to the next run. */
  end(): Promise<void>;
}

export interface RoundResult {
  /** Dead letters received; 0 means that the queue gave nothing. */
  readonly received: number;
  /** Events that may be delivered, tried or in line, and ordering keys. */
  readonly met: number;
  /** Characters of the unordered rows that were read, which are held together. A dead letter does not tell how large its row is. */
  readonly characters: number;
}

export interface DrainPorts {
  readonly table: OutboxTable;
  readonly deadLetters: DeadLetterQueue;
  readonly parking: Parking;
  readonly delivery: ProbingDelivery;
  readonly late: LateDestinations;
  readonly inHand: RowsInHand;
  /** Drains ordering keys. Absent: every row stands by itself. */
  readonly keys?: KeyDrains | undefined;
  readonly pendingDeletes: PendingDeletes;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** How long a received dead letter is hidden: longer than a run, or a second requeuer would get it. */
  readonly visibilitySeconds: number;
  /** Dead letters hidden when the run began. */
  readonly hiddenDeadLetters: number;
  /** The poll to use until dead letters come. */
  readonly poll: Poll;
  readonly publishUntilMs: number;
  readonly endMs: number;
}

export function drainOf(ports: DrainPorts): Drain {
  const { deadLetters, keys, telemetry } = ports;
  let { poll } = ports;
  const hidden = hiddenDeadLetters(deadLetters, ports.hiddenDeadLetters);
  const rows = rowDrain({ ...ports, hidden });
  const drainKeys = keys === undefined ? undefined : keyDeadLetters({ ...ports, keys, hidden });

  /** Deletes what points to no row, hides what nobody knows, and resolves with the rest. */
  async function sorted(received: readonly ReceivedDeadLetter[]): Promise<readonly RowDeadLetter[]> {
    const rowDeadLetters: RowDeadLetter[] = [];
    const positions: string[] = [];
    for (const { receipt, content } of received) {
      switch (content.kind) {
        case "event":
          rowDeadLetters.push({ receipt, key: content.key, id: content.id });
          break;
        case "stream-positions":
          telemetry.count("StreamRecordsDiscarded", content.records);
          positions.push(receipt);
          break;
        case "unrecognised":
          telemetry.log(
            "error",
            "A message in the dead-letter queue is not ours; it is hidden for 12 hours, look at it",
          );
          await hidden.hide([{ receipt, ms: LONGEST_HIDE_MS }]);
      }
    }
    await deadLetters.delete(positions);
    return rowDeadLetters;
  }

  return {
    async round(width, othersMayCome = false) {
      const receives = Array.from({ length: width }, () => ports.visibilitySeconds);
      const received = (await boundedMap(receives, width, (seconds) => deadLetters.receive(seconds, poll))).flat();
      // Where dead letters came there may be more, and a short poll would miss them.
      if (received.length > 0) poll = "long";
      const rowDeadLetters = await sorted(received);
      const isOfKey = ({ key, id }: RowDeadLetter) => drainKeys !== undefined && isOrdered({ ...key, id });
      const drained = drainKeys === undefined ? 0 : await drainKeys(rowDeadLetters.filter(isOfKey));
      const unordered = rowDeadLetters.filter((deadLetter) => !isOfKey(deadLetter));
      const { met, characters } = await rows.round(unordered, othersMayCome);
      return { received: received.length, met: met + drained, characters };
    },
    end: rows.end,
  };
}
