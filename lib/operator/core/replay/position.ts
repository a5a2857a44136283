import type { RowKey } from "../../../contract/event.ts";
import { compareSortKeys, compareTexts } from "../../../contract/sort-key.ts";
import { PARTITIONS } from "../audit/spill.ts";

/**
 * How many writers put events at once. Each has partitions of keys to itself and goes through them in one order, so that a
 * position says for good which of its events have had their turn.
 */
export const WRITERS = 16;

/** The partitions of a writer, in its order. */
export const partitionsOf = (writer: number): readonly number[] =>
  Array.from({ length: PARTITIONS / WRITERS }, (_unused, index) => writer + index * WRITERS);

export const writerOf = (partition: number): number => partition % WRITERS;

/**
 * An event in a writer's order: by partition, key and sequence. Writers may use a place again once its row is delivered, so
 * several events of one place go in the order of their acknowledgements.
 */
export interface Position {
  readonly partition: number;
  readonly key: RowKey;
  /** Epoch milliseconds: when it was acknowledged. */
  readonly atMs: number;
  readonly id: string;
}

/** The last event of each writer that was put. Writers that have put nothing are absent. */
export type Positions = ReadonlyMap<number, Position>;

export function comparePositions(one: Position, other: Position): number {
  return one.partition - other.partition || compareTexts(one.key.pk, other.key.pk) || compareInKey(one, other);
}

/** Of events of one key. */
export const compareInKey = (one: Omit<Position, "partition">, other: Omit<Position, "partition">): number =>
  compareSortKeys(one.key.sk, other.key.sk) || one.atMs - other.atMs || compareTexts(one.id, other.id);

/** Whether an event has had its turn in an earlier run. */
export function hadItsTurn(positions: Positions, position: Position): boolean {
  const last = positions.get(writerOf(position.partition));
  return last !== undefined && (isSameEvent(position, last) || comparePositions(position, last) <= 0);
}

/** The first receipt of an event may be deleted by age between two runs. Then the next one counts, which is later. */
const isSameEvent = (one: Position, other: Position): boolean =>
  one.id === other.id && one.key.pk === other.key.pk && compareSortKeys(one.key.sk, other.key.sk) === 0;
