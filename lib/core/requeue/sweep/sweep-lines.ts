import type { ScannedRow } from "../../../contract/event.ts";
import { chunksOf } from "../../delivery/call/packing.ts";
import { groupedBy } from "../../grouped.ts";
import type { TaskGroup } from "../../parallel.ts";
import { type Result, resultOf } from "../../result.ts";
import type { LateDestinations } from "../late-destinations.ts";
import type { ProbingDelivery } from "../probing-delivery.ts";

/**
 * Rows that the sweep saw and that wait for their turn, in a line for each destination. A destination that hangs, or
 * waits for its existence check, stops only its own line: the sweep reads on while any destination takes events. A row
 * in line is only its key and destination, so many may wait; the row is read again when its turn comes.
 */
export interface SweepLines {
  /** Works on the lines for as long as it may. Rows then still in line are for the next turn. */
  turn(goesOn: () => boolean): SweepTurn;
}

export interface SweepTurn {
  /**
   * Resolves when some destination of these rows has begun all of its rows, or all of them are late, and not too many rows
   * stand in line.
   */
  stand(rows: readonly ScannedRow[]): Promise<void>;
  /** Waits until everything begun is over, but for late destinations. */
  end(): Promise<void>;
}

export interface SweepLinesPorts {
  readonly sweepRows: (rows: readonly ScannedRow[]) => Promise<void>;
  readonly tasks: TaskGroup;
  readonly delivery: Pick<ProbingDelivery, "destinationOf" | "areSeveral">;
  readonly late: LateDestinations;
}

const CHUNK_ROWS = 100;
/** A few seconds' worth of rows delivered to other destinations meanwhile, and more than a late one takes in a run. */
const MOST_IN_LINE = 30_000;

export function sweepLines({ sweepRows, tasks, delivery, late }: SweepLinesPorts): SweepLines {
  /** In chunks. */
  const lines = new Map<string, (readonly ScannedRow[])[]>();
  const moving = new Map<string, Promise<Result<void>>>();
  /** As the present turn says. A line that waits for room may outlast the turn in which it began to wait. */
  let goesOn = () => false;

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

  /** Several destinations do not wait for one that is late. */
  const over = (destination: string, work: Promise<void>): Promise<void> =>
    delivery.areSeveral() ? late.unlessLate(destination, work) : work;

  async function makeRoom(): Promise<void> {
    while (rowsIn(lines) > MOST_IN_LINE) {
      const awaited = [...moving].filter(([destination]) => !delivery.areSeveral() || !late.has(destination));
      if (awaited.length === 0) return;
      await Promise.all(awaited.map(([destination, begun]) => over(destination, begun.then(throwUnlessOk))));
    }
  }

  return {
    turn(untilThen) {
      goesOn = untilThen;
      for (const destination of lines.keys()) void move(destination);
      return {
        async stand(rows) {
          const own = groupedBy(rows, delivery.destinationOf);
          for (const [destination, some] of own) {
            // The next run finds the others.
            if (late.has(destination) && rowsIn(lines) > MOST_IN_LINE) continue;
            const line = lines.get(destination) ?? [];
            lines.set(destination, line);
            line.push(...chunksOf(some, CHUNK_ROWS));
          }
          // A sole destination may be late too: the rows of others may lie further on.
          const begun = [...own.keys()].flatMap((destination) => {
            const moved = move(destination);
            return late.has(destination) ? [] : [late.unlessLate(destination, moved.then(throwUnlessOk))];
          });
          if (begun.length > 0) await Promise.race(begun);
          await makeRoom();
        },
        async end() {
          const all = [...lines.keys()].map((destination) =>
            over(
              destination,
              (moving.get(destination) ?? resultOf(NOTHING)).then(() => tasks.done(destination)),
            ),
          );
          for (const ended of await Promise.all(all.map(resultOf))) throwUnlessOk(ended);
        },
      };
    },
  };
}

const NOTHING = Promise.resolve();

const rowsIn = (lines: ReadonlyMap<string, readonly (readonly ScannedRow[])[]>): number =>
  [...lines.values()].flat().reduce((sum, { length }) => sum + length, 0);

/** Begun work is awaited elsewhere: the task group tells the first failure when all are done. */
function throwUnlessOk(begun: Result<void>): void {
  if (!begun.ok) throw begun.error;
}
