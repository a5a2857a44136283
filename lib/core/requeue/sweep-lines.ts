import { chunksOf } from "../delivery/packing.ts";
import type { Addressed, SeenRow } from "../event.ts";
import { groupedBy } from "../grouped.ts";
import type { Crew } from "../parallel.ts";
import { type Settled, settled } from "../settled.ts";

/**
 * Rows that the sweep saw and that wait for their turn, in a line for each destination. One that hangs, or waits for the check
 * of its bus, keeps its own line standing and no other: the sweep reads on as long as one destination takes what it finds. A row
 * in line is its key and where it goes, so many may stand; it is read again when its turn comes.
 */
export interface SweepLines {
  /** Goes on with what stands in line, as long as it may. What then still stands there is for the next turn. */
  turn(crew: Crew, goesOn: () => boolean): SweepTurn;
}

export interface SweepTurn {
  /** Resolves when a destination of these rows has begun with all of its own, and not too many stand in line. */
  stand(rows: readonly SeenRow[]): Promise<void>;
  /** Waits until nothing more is begun. */
  end(): Promise<void>;
}

const CHUNK_ROWS = 100;
/** A few seconds' worth of what is delivered meanwhile to others. */
const MOST_IN_LINE = 30_000;

export function sweepLines(
  sweepRows: (rows: readonly SeenRow[]) => Promise<void>,
  destinationOf: (row: Addressed) => string,
): SweepLines {
  /** In chunks. */
  const lines = new Map<string, (readonly SeenRow[])[]>();

  return {
    turn(crew, goesOn) {
      const moving = new Map<string, Promise<Settled<void>>>();

      async function beginAll(destination: string, line: (readonly SeenRow[])[]): Promise<void> {
        try {
          for (let rows = line.shift(); rows !== undefined; rows = goesOn() ? line.shift() : undefined) {
            const chunk = rows;
            await crew.begin(destination, () => sweepRows(chunk));
          }
        } finally {
          moving.delete(destination);
        }
      }

      function move(destination: string): Promise<Settled<void>> {
        const line = lines.get(destination) ?? [];
        const under = moving.get(destination);
        if (under !== undefined || line.length === 0 || !goesOn()) return under ?? settled(NOTHING);
        const begun = settled(beginAll(destination, line));
        moving.set(destination, begun);
        return begun;
      }

      for (const destination of lines.keys()) void move(destination);
      return {
        async stand(rows) {
          const own = groupedBy(rows, destinationOf);
          for (const [destination, some] of own) {
            const line = lines.get(destination) ?? [];
            lines.set(destination, line);
            line.push(...chunksOf(some, CHUNK_ROWS));
          }
          if (own.size === 0) return;
          heed(await Promise.race([...own.keys()].map(move)));
          while (moving.size > 0 && rowsIn(lines) > MOST_IN_LINE) heed(...(await Promise.all(moving.values())));
        },
        async end() {
          await Promise.all(moving.values());
        },
      };
    },
  };
}

const NOTHING = Promise.resolve();

const rowsIn = (lines: ReadonlyMap<string, readonly (readonly SeenRow[])[]>): number =>
  [...lines.values()].flat().reduce((sum, { length }) => sum + length, 0);

/** Whatever was begun is waited for elsewhere: the crew tells the first failure when all are done. */
function heed(...begun: readonly Settled<void>[]): void {
  for (const each of begun) if (!each.ok) throw each.error;
}
