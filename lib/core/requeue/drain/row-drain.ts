import { keyText } from "../../../contract/event.ts";
import type { PendingDeletes } from "../../delivery/deletes/pending-deletes.ts";
import type { Outcome } from "../../delivery/outcome.ts";
import { failedParked } from "../../delivery/park.ts";
import { groupedBy } from "../../grouped.ts";
import { type Result, resultOf } from "../../result.ts";
import type { LateDestinations } from "../late-destinations.ts";
import type { ProbingDelivery } from "../probing-delivery.ts";
import type { RowsInHand } from "../rows-in-hand.ts";
import { type Hiding, LOOK_AGAIN_MS } from "./hidden-dead-letters.ts";
import { type LiveRow, type LiveRowsPorts, liveRows, type RowDeadLetter, restAgain } from "./live-rows.ts";
import { RECEIVED, ROUNDS_AT_ONCE, widthAfter } from "./width.ts";

export interface RowDrainPorts extends LiveRowsPorts {
  readonly delivery: ProbingDelivery;
  readonly late: LateDestinations;
  readonly inHand: RowsInHand;
  readonly pendingDeletes: PendingDeletes;
  readonly publishUntilMs: number;
  readonly endMs: number;
}

/** Delivers the unordered rows that dead letters point to, and settles the dead letters. */
export interface RowDrain {
  /**
   * Resolves when every destination of these rows has its part, or is late.
   *
   * @param othersMayCome whether a sole known destination may be late too. Several always may.
   */
  round(received: readonly RowDeadLetter[], othersMayCome: boolean): Promise<DrainedRows>;
  /** Once nothing is late any more: leaves to the next run what still stands in line. */
  end(): Promise<void>;
}

export interface DrainedRows {
  /** Events that may be delivered: tried, or in line. */
  readonly met: number;
  /** Characters of all rows that were read: these are held together. */
  readonly characters: number;
}

/**
 * A late destination takes some two hundred events a second at most, so it has enough for a whole run. Further dead letters are
 * hidden for a while.
 */
const MOST_IN_LINE = 10_000;

export function rowDrain(ports: RowDrainPorts): RowDrain {
  const { hidden, delivery, late, inHand, pendingDeletes, clock } = ports;
  /** Dead letters of late destinations. Their rows were read to learn the destination, and are read again in their turn. */
  const lines = new Map<string, RowDeadLetter[]>();
  /** How many works go on with a destination's line. */
  const working = new Map<string, number>();

  const isOver = (destination: string): boolean =>
    clock.now() >= ports.publishUntilMs || delivery.isUnavailable(destination);

  /**
   * Leaves rows alone that other work is at. Their dead letters are looked at again: by then the rows may be gone.
   *
   * @param turnOf the destination in whose line the dead letters stood.
   */
  async function drainFree(
    received: readonly RowDeadLetter[],
    othersMayCome: boolean,
    turnOf?: string,
  ): Promise<DrainedRows> {
    const busy = received.filter(({ key }) => inHand.has(key));
    // A row that is delivered and not deleted yet keeps its dead letter: if the process dies, it is needed.
    const free = received.filter(({ key, id }) => !inHand.has(key) && !pendingDeletes.has({ ...key, id }));
    const keys = free.map(({ key }) => key);
    const { live, characters, parts, inLine } = await inHand.during(keys, async () => {
      await hidden.hide(busy.map(undecided));
      const read = free.length === 0 ? { live: [], characters: 0 } : await liveRows(free, ports);
      return { ...read, ...begin(read.live, othersMayCome, turnOf) };
    });
    // No longer in hand, for its turn may come at once.
    const standing = inLine.map(([destination, some]) => resultOf(standInLine(destination, some)));
    for (const part of await Promise.all([...standing, ...parts])) if (!part.ok) throw part.error;
    return { met: live.length, characters };
  }

  /** Begins the part of each destination, except for those that are late. */
  function begin(live: readonly LiveRow[], othersMayCome: boolean, turnOf: string | undefined) {
    for (const { event } of live) delivery.expect(event);
    const mayBeLate = othersMayCome || delivery.areSeveral();
    const all = [...groupedBy(live, ({ event }) => delivery.destinationOf(event))];
    const isLate = ([destination]: readonly [string, unknown]) =>
      mayBeLate && destination !== turnOf && late.has(destination) && !delivery.isUnavailable(destination);
    const inLine = all.filter(isLate);
    const parts = all
      .filter((part) => !isLate(part))
      .map(async ([destination, some]): Promise<Result<void>> => {
        if (destination === turnOf) return resultOf(deliverRows(some));
        const over = workOn(destination, some);
        return resultOf(mayBeLate ? late.unlessLate(destination, over) : over);
      });
    return { parts, inLine };
  }

  async function standInLine(destination: string, live: readonly LiveRow[]): Promise<void> {
    const line = lines.get(destination) ?? [];
    lines.set(destination, line);
    const deadLetters = live.map(({ row, receipt, event }) => ({ receipt, key: row.key, id: event.id }));
    const room = Math.max(0, MOST_IN_LINE - line.length);
    line.push(...deadLetters.slice(0, room));
    // As much at once as without the line: a destination may be slow, and no more than that.
    while (line.length > 0 && (working.get(destination) ?? 0) < ROUNDS_AT_ONCE && !isOver(destination)) {
      late.add(destination, workOn(destination, []));
    }
    await hidden.hide(deadLetters.slice(room).map(undecided));
  }

  /** Delivers rows of one destination, and then those in its line, which grows while the destination is late. */
  async function workOn(destination: string, live: readonly LiveRow[]): Promise<void> {
    working.set(destination, (working.get(destination) ?? 0) + 1);
    try {
      if (live.length > 0) await deliverRows(live);
      for (let width = 1; !isOver(destination); ) {
        const next = lines.get(destination)?.splice(0, RECEIVED * width) ?? [];
        if (next.length === 0) return;
        const { characters } = await drainFree(next, false, destination);
        width = widthAfter(width, characters);
      }
    } finally {
      working.set(destination, (working.get(destination) ?? 0) - 1);
    }
  }

  const deliverRows = (live: readonly LiveRow[]): Promise<void> =>
    inHand.during(
      live.map(({ row }) => row.key),
      async () => settle(await delivery.deliver(live.map(({ event }) => event)), live, ports),
    );

  return {
    round: (received, othersMayCome) => drainFree(received, othersMayCome),
    async end() {
      const left = [...lines.values()].flat();
      await hidden.hide(left.map(({ receipt }) => ({ receipt, ms: 0 })));
    },
  };
}

const undecided = ({ receipt }: Pick<RowDeadLetter, "receipt">): Hiding => ({ receipt, ms: LOOK_AGAIN_MS });

async function settle(outcomes: readonly Outcome[], live: readonly LiveRow[], ports: RowDrainPorts): Promise<void> {
  const { deadLetters, hidden, delivery, pendingDeletes, telemetry } = ports;
  const received = new Map(live.map((each) => [keyText(each.row.key), each]));
  const delivered: string[] = [];
  const undecided: Hiding[] = [];
  await pendingDeletes.flush(ports.endMs);
  for (const outcome of outcomes) {
    const deadLetter = received.get(keyText(outcome.event));
    if (deadLetter === undefined) continue;
    if (outcome.kind === "acknowledged" && !pendingDeletes.has(outcome.event)) delivered.push(deadLetter.receipt);
    if (outcome.kind === "failed" && outcome.failure.scope === "event") {
      await restAgain(failedParked(outcome, deadLetter.row), deadLetter.receipt, ports);
    } else if (outcome.kind !== "acknowledged") {
      undecided.push({ receipt: deadLetter.receipt, ms: delivery.allFailed() ? 0 : LOOK_AGAIN_MS });
    }
  }
  // The next run must not wait for dead letters that this one could do nothing with.
  await hidden.hide(undecided);
  await deadLetters.delete(delivered);
  telemetry.count("EventsRequeued", outcomes.filter(({ kind }) => kind === "acknowledged").length);
  telemetry.count("RequeueFailures", outcomes.filter(({ kind }) => kind === "failed").length);
}
