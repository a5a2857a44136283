import type { Addressed, ScannedRow } from "../../../contract/event.ts";
import { chunksOf } from "../../delivery/call/packing.ts";
import { groupedBy } from "../../grouped.ts";
import type { TaskGroup } from "../../parallel.ts";
import { type Result, resultOf } from "../../result.ts";

/**
 * Rows that the sweep saw and that wait for their turn, in a line for each destination. A destination that hangs, or
 * waits for its existence check, stops only its own line: the sweep reads on while any destination takes events. A row
 * in line is only its key and destination, so many may wait; the row is read again when its turn comes.
 */
export interface SweepLines {
  /** Works on the lines for as long as it may. Rows then still in line are for the next turn. */
  turn(tasks: TaskGroup, goesOn: () => boolean): SweepTurn;
}

export interface SweepTurn {
  /** Resolves when some destination of these rows has begun all of its rows, and not too many rows stand in line. */
  stand(rows: readonly ScannedRow[]): Promise<void>;
  /** Waits until nothing more is begun. */
  end(): Promise<void>;
}

const CHUNK_ROWS = 100;
/** A few seconds' worth of rows delivered to other destinations meanwhile. */
const MOST_IN_LINE = 30_000;

export function sweepLines(
  sweepRows: (rows: readonly ScannedRow[]) => Promise<void>,
  destinationOf: (row: Addressed) => string,
): SweepLines {
  /** In chunks. */
  const lines = new Map<string, (readonly ScannedRow[])[]>();

  return {
    turn(tasks, goesOn) {
      const moving = new Map<string, Promise<Result<void>>>();

      async function beginAll(destination: string, line: (readonly ScannedRow[])[]): Promise<void> {
        try {
          for (let rows = line.shift(); rows !== undefined; rows = goesOn() ? line.shift() : undefined) {
            const chunk = rows;
            await tasks.begin(destination, () => sweepRows(chunk));
          }
        } finally {
          moving.delete(destination);
        }
      }

      function move(destination: string): Promise<Result<void>> {
        const line = lines.get(destination) ?? [];
        const under = moving.get(destination);
        if (under !== undefined || line.length === 0 || !goesOn()) return under ?? resultOf(NOTHING);
        const begun = resultOf(beginAll(destination, line));
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
          observe(await Promise.race([...own.keys()].map(move)));
          while (moving.size > 0 && rowsIn(lines) > MOST_IN_LINE) observe(...(await Promise.all(moving.values())));
        },
        async end() {
          await Promise.all(moving.values());
        },
      };
    },
  };
}

const NOTHING = Promise.resolve();

const rowsIn = (lines: ReadonlyMap<string, readonly (readonly ScannedRow[])[]>): number =>
  [...lines.values()].flat().reduce((sum, { length }) => sum + length, 0);

/** Begun work is awaited elsewhere: the task group tells the first failure when all are done. */
function observe(...begun: readonly Result<void>[]): void {
  for (const each of begun) if (!each.ok) throw each.error;
}
