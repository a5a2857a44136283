import { type Position, WRITERS } from "../../lib/operator/core/replay/position.ts";
import { ReplayElsewhere, type ReplayRows } from "../../lib/operator/core/replay/replay-ports.ts";
import { type ItemStore, keyOf } from "../engine/item-store.ts";

/** The positions of writers, by replay and writer, as the journal holds them. */
export type StoredPositions = Map<string, Position>;

/**
 * The rows that a replay puts, in memory.
 *
 * @param around runs before a put takes effect, and after it if it does.
 */
export function memoryReplayRows(
  store: ItemStore,
  positions: StoredPositions,
  around: (when: "before" | "after", move: { readonly to: Position }) => void = () => undefined,
): ReplayRows {
  const place = (replayId: string, writer: number) => `${replayId} ${writer}`;
  return {
    async positions(replayId) {
      const writers = Array.from({ length: WRITERS }, (_unused, writer) => writer);
      return new Map(
        writers.flatMap((writer) => {
          const position = positions.get(place(replayId, writer));
          return position === undefined ? [] : [[writer, position] as const];
        }),
      );
    },
    async put(item, move) {
      await Promise.resolve();
      around("before", move);
      const { replayId, writer, from, to } = move;
      const known = positions.get(place(replayId, writer));
      if (JSON.stringify(known) !== JSON.stringify(from)) throw new ReplayElsewhere(replayId);
      if (store.item(keyOf(item)) !== undefined) return "occupied";
      store.put(item);
      positions.set(place(replayId, writer), to);
      around("after", move);
      return "put";
    },
  };
}
