import { keyText, type RowKey } from "../../contract/event.ts";

/** Unordered rows that the sweep or the drain of a run is at. Work beside it would publish them again. */
export interface RowsInHand {
  has(key: RowKey): boolean;
  /** The rows are in hand until the work is over. */
  during<Result>(keys: readonly RowKey[], work: () => Promise<Result>): Promise<Result>;
}

export function rowsInHand(): RowsInHand {
  /** By row: a round of dead letters holds it, and so does the work for its destination, which may outlast the round. */
  const holders = new Map<string, number>();

  function change(texts: readonly string[], by: number): void {
    for (const text of texts) {
      const now = (holders.get(text) ?? 0) + by;
      if (now === 0) holders.delete(text);
      else holders.set(text, now);
    }
  }

  return {
    has: (key) => holders.has(keyText(key)),
    async during(keys, work) {
      const texts = keys.map(keyText);
      change(texts, 1);
      try {
        return await work();
      } finally {
        change(texts, -1);
      }
    },
  };
}
