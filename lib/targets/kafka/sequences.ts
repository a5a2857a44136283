/**
 * The idempotent producer's numbers. Kafka knows a batch by four of them - producer id, epoch, partition and the
 * sequence of its first record - and by its length, *never by its content*: a batch with numbers that were used before
 * is acknowledged, but not appended. So numbers may be used again only for the very same events.
 *
 * A partition is in one of two states:
 * - *settled*: every batch sent so far was appended or refused. The next one takes the next sequence; a refused batch
 *   used up none.
 * - *unsettled*: nobody knows whether the last batch was appended. If the same events come again, they take the same
 *   numbers: the broker appends them, or says that it has. Other events open a new epoch, from sequence 0. Once the
 *   broker has seen the new epoch, it refuses late batches of the old one (KIP-360), so a batch that was given up
 *   cannot land behind its successors.
 */
export interface Sequences {
  /** The numbers for a batch. One batch per partition at a time: the one before must be settled. */
  next(partition: string, eventIds: readonly string[]): Numbers | "exhausted";
  settle(partition: string, batch: SentBatch, fate: Fate): void;
}

export interface Numbers {
  readonly epoch: number;
  readonly sequence: number;
}

export interface SentBatch extends Numbers {
  readonly eventIds: readonly string[];
}

export type Fate = "appended" | "refused" | "unknown";

interface PartitionState extends Numbers {
  readonly unsettled?: SentBatch;
}

/** An epoch is a 16-bit integer in Kafka's protocol, a sequence one of 32 bits. */
const LAST_EPOCH = 32_767;
const LAST_SEQUENCE = 2_147_483_647;

/** @param firstEpoch the epoch that came with the producer id. */
export function batchSequences(firstEpoch: number): Sequences {
  const partitions = new Map<string, PartitionState>();

  return {
    next(partition, eventIds) {
      const { unsettled, ...current } = partitions.get(partition) ?? { epoch: firstEpoch, sequence: 0 };
      if (unsettled !== undefined && isSame(unsettled.eventIds, eventIds)) return numbersOf(unsettled);
      const isSpent = current.sequence + eventIds.length > LAST_SEQUENCE;
      if (unsettled === undefined && !isSpent) return current;
      if (current.epoch >= LAST_EPOCH) return "exhausted";
      const opened = { epoch: current.epoch + 1, sequence: 0 };
      partitions.set(partition, opened);
      return opened;
    },
    settle(partition, batch, fate) {
      const { epoch, sequence, eventIds } = batch;
      if (fate === "appended") partitions.set(partition, { epoch, sequence: sequence + eventIds.length });
      if (fate === "unknown") partitions.set(partition, { epoch, sequence, unsettled: batch });
      // Refused: no number is used up. An unsettled batch stays so, for this attempt says nothing about the first.
    },
  };
}

const numbersOf = ({ epoch, sequence }: SentBatch): Numbers => ({ epoch, sequence });

const isSame = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((id, index) => id === others[index]);
