import { keyText, type OutboxRow, type RowKey, type ScannedRow, seenOf } from "../../../contract/event.ts";
import { rests } from "../../../contract/read-back.ts";
import { isOrderedSeen } from "../../../contract/sequence.ts";
import type { Outcome } from "../../delivery/outcome.ts";
import { failedParked, malformedParked, type Parked, type Parking } from "../../delivery/park.ts";
import { keysToDrain } from "../../ordered/keys-to-drain.ts";
import { boundedMap, taskGroup } from "../../parallel.ts";
import type { Clock, OutboxTable, Random, ScanPage, Telemetry } from "../../ports.ts";
import { resultOf } from "../../result.ts";
import type { KeyDrains } from "../drain/key-drains.ts";
import type { LateDestinations } from "../late-destinations.ts";
import type { ProbingDelivery } from "../probing-delivery.ts";
import type { RowsInHand } from "../rows-in-hand.ts";
import type { BacklogAges } from "./backlog-ages.ts";
import { isDue, isRested, markUnaged } from "./row-age.ts";
import { type SweepTurn, sweepLines } from "./sweep-lines.ts";

/**
 * The sweep: delivers rows old enough that nobody else works on them, without asking why they are still there. A purged
 * queue, an expired dead letter, a lost stream record and a disabled mapping are all the same to it.
 *
 * The hash range is cut into segments, visited in random order, a few at a time with their pages interleaved. Deleting
 * in the wake of one scan would hit one partition; and this way rows that cannot be delivered never block all others.
 * The next pages are scanned while the rows of the current ones are delivered. A scan may be outdated, for rows are
 * read again just before they are published.
 */
export interface Sweep {
  /**
   * Goes on until the table is through, time is up, or no destination takes events. Work for late destinations goes on beside
   * what follows.
   */
  advance(untilMs: number): Promise<void>;
}

export interface SweepPorts {
  readonly table: OutboxTable;
  readonly parking: Parking;
  readonly delivery: ProbingDelivery;
  readonly late: LateDestinations;
  readonly inHand: RowsInHand;
  /** Drains ordering keys. Absent: every row stands by itself. */
  readonly keys?: KeyDrains | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly ages: BacklogAges;
  readonly minAgeMs: number;
}

const SEGMENTS = 16;
const WALKERS = 4;
/** DynamoDB reads 1 MB for a page, however little of it is asked for: about a thousand events of 1 KB. */
const PAGE_ROWS = 1_000;
/**
 * A chunk is a read, a publish and an existence check, each waiting for the one before, and checks come 50 ms apart:
 * this many fill the time. Together they have fewer pending deletes than a process may have, so that ordering keys find
 * room beside them.
 */
const PARALLEL_CHUNKS = 8;
const PARALLEL_MARKS = 4;

interface Walk {
  readonly index: number;
  readonly after?: RowKey;
}

interface WalkedPage extends ScanPage {
  readonly index: number;
  /** The first page of its segment. */
  readonly first: boolean;
}

export function sweepOf(ports: SweepPorts): Sweep {
  const { table, parking, delivery, late, inHand, keys, clock, random, telemetry, ages, minAgeMs } = ports;
  let ahead: readonly Walk[] = shuffled(SEGMENTS, random).map((index) => ({ index }));

  const readPages = (walks: readonly Walk[]): Promise<readonly WalkedPage[]> =>
    boundedMap(walks.slice(0, WALKERS), WALKERS, async ({ index, after }) => {
      const page = await table.scan({ ...(after && { after }), segment: { index, of: SEGMENTS }, limit: PAGE_ROWS });
      return { ...page, index, first: after === undefined };
    });

  /** Rows whose age is never known, for want of room to note it. They count as old: nobody else would take them. */
  const ageless = new Set<string>();

  function maySweep(row: ScannedRow, nowMs: number): boolean {
    if (rests(parking.unmarked(row.key)?.notBeforeMs, nowMs)) return false;
    return isDue(row, nowMs, minAgeMs) || (ageless.has(keyText(row.key)) && isRested(row, nowMs));
  }

  /** Resolves when enough of the pages' work has begun. */
  async function sweepPages(pages: readonly WalkedPage[], turn: SweepTurn): Promise<void> {
    const nowMs = clock.now();
    for (const { index, first, ...page } of pages) ages.saw(page, nowMs, { segment: index, first });
    expectRested(
      pages.flatMap(({ rows }) => rows),
      delivery,
      nowMs,
    );
    for (const { rows } of pages) {
      for (const { key } of await markUnaged(rows, nowMs, table, telemetry)) ageless.add(keyText(key));
    }
    const due = interleaved(pages.map(({ rows }) => rows.filter((row) => maySweep(row, nowMs))));
    const unordered = keys === undefined ? due : due.filter((row) => !isOrderedSeen(row));
    const parkedKeys = pages.flatMap((page) => page.parkedKeys ?? []);
    await Promise.all([turn.stand(unordered), keys && sweepKeys(keysToDrain(due, parkedKeys, nowMs), keys)]);
  }

  /** A key needs no dead letter and no second look: its drain reads it consistently. */
  async function sweepKeys(pks: readonly string[], drains: KeyDrains): Promise<void> {
    for (const pk of pks) {
      await drains.start(pk, async ({ delivered }) => telemetry.count("EventsSwept", delivered));
    }
  }

  /** The page is outdated by now, and has no events: rows are read, consistently, just before publishing. */
  async function sweepRows(chunk: readonly ScannedRow[]): Promise<void> {
    // The scan tells where an event goes: the backlog of a destination that is down costs no reads.
    const seen = chunk.filter((row) => !delivery.isUnavailable(delivery.destinationOf(row)) && !inHand.has(row.key));
    if (seen.length === 0) return;
    await inHand.during(
      seen.map(({ key }) => key),
      () => deliverSeen(seen),
    );
  }

  async function deliverSeen(seen: readonly ScannedRow[]): Promise<void> {
    const read = await table.readRows(seen.map(({ key }) => key));
    telemetry.count("DuplicatesAvoided", seen.length - read.length);
    const rows = read.filter((row) => maySweep(seenOf(row), clock.now()));
    const byKey = new Map(rows.map((row) => [keyText(row.key), row]));
    const events = rows.flatMap(({ content }) => (content.kind === "event" ? [content.event] : []));
    const outcomes = await delivery.deliver(events);
    telemetry.count("EventsSwept", outcomes.filter(({ kind }) => kind === "acknowledged").length);

    const failed = [
      ...rows.flatMap((row) => malformedParked(row, clock.now())),
      ...outcomes.flatMap((outcome) => ownFailure(outcome, byKey)),
    ];
    telemetry.count("RequeueFailures", failed.length);
    // A row without a mark was never parked, so nobody knows of it: its dead letter is sent now.
    const isKnown = ({ content, marks }: Parked) =>
      marks.attempts > 0 || parking.unmarked(content.kind === "event" ? content.event : content.row) !== undefined;
    const parkedBefore = failed.filter(isKnown);
    await parking.park(failed.filter((each) => !isKnown(each)));
    await boundedMap(parkedBefore, PARALLEL_MARKS, parking.markAgain);
  }

  const lines = sweepLines({ sweepRows, tasks: taskGroup(PARALLEL_CHUNKS), delivery, late });

  async function walkOn(turn: SweepTurn, mayGoOn: () => boolean): Promise<void> {
    const goesOn = () => ahead.length > 0 && mayGoOn();
    if (!goesOn()) return;
    let reading = resultOf(readPages(ahead));
    while (goesOn()) {
      const read = await reading;
      if (!read.ok) throw read.error;
      const pages = read.value;
      const behind = [...pages.flatMap(walkAfter), ...ahead.slice(pages.length)];
      reading = resultOf(readPages(behind));
      await sweepPages(pages, turn);
      ahead = behind;
    }
    // Pages read ahead and not swept are read again in the next turn, if there is one.
    await reading;
  }

  return {
    async advance(untilMs) {
      const mayGoOn = () => clock.now() < untilMs && !delivery.allFailed();
      const turn = lines.turn(mayGoOn);
      const walked = await resultOf(walkOn(turn, mayGoOn));
      await turn.end();
      if (!walked.ok) throw walked.error;
    },
  };
}

/** Makes known where rows go that may be delivered in this run, by the sweep or by their dead letters. */
export function expectRested(
  rows: readonly ScannedRow[],
  delivery: Pick<ProbingDelivery, "expect">,
  nowMs: number,
): void {
  for (const row of rows) {
    if (isRested(row, nowMs)) delivery.expect(row);
  }
}

const walkAfter = ({ index, next }: WalkedPage): readonly Walk[] =>
  next === undefined ? [] : [{ index, after: next }];

function shuffled(count: number, random: Random): readonly number[] {
  return Array.from({ length: count }, (_unused, index) => ({ index, place: random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ index }) => index);
}

/** Takes one row of each list in turn: neighbours in the result lie far apart in the table. */
function interleaved<Row>(lists: readonly (readonly Row[])[]): readonly Row[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_unused, place) =>
    lists.flatMap((list) => list.slice(place, place + 1)),
  ).flat();
}

function ownFailure(outcome: Outcome, rows: ReadonlyMap<string, OutboxRow>): readonly Parked[] {
  if (outcome.kind !== "failed" || outcome.failure.scope === "target") return [];
  return [failedParked(outcome, rows.get(keyText(outcome.event)))];
}
