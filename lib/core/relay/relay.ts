import type { Nonconformity } from "../../contract/codec/conformance.ts";
import { idOf, keyText, NOWHERE, type OutboxEvent, type OutboxRow } from "../../contract/event.ts";
import type { Failure } from "../../contract/failure.ts";
import { rests } from "../../contract/read-back.ts";
import { isOrderedRow } from "../../contract/sequence.ts";
import { errorName } from "../../contract/telemetry/error-name.ts";
import { metLine } from "../archive/archive-lines.ts";
import { chunksOf } from "../delivery/call/packing.ts";
import { deliver } from "../delivery/deliver.ts";
import type { Deadlines, Delivery } from "../delivery/delivery-run.ts";
import type { Outcome } from "../delivery/outcome.ts";
import { failedParked, malformedParked, type Parked, type Parking } from "../delivery/park.ts";
import { trials } from "../delivery/trials.ts";
import { groupedBy } from "../grouped.ts";
import type { OrderedPorts } from "../ordered/ordering.ts";
import { relayKeyGroups } from "../ordered/relay-key-groups.ts";
import { boundedMap } from "../parallel.ts";
import type { OutboxTable, Publisher } from "../ports.ts";
import type { StreamRecord } from "../stream-record.ts";

export interface Relay {
  readonly table: OutboxTable;
  readonly delivery: Delivery;
  readonly parking: Parking;
  /** Order per key. Absent: every row stands by itself. */
  readonly ordering?: OrderedPorts | undefined;
  /** Calls at once; enough chunks are worked on to keep the limiter supplied. */
  readonly concurrency: number;
}

export interface RelayResult {
  /** The lowest position not attempted: Lambda brings everything from there again. Absent when all were attempted. */
  readonly checkpoint?: string;
}

const CHUNK_RECORDS = 100;
/** Only this very batch can have delivered a younger record: reading its row would be a wasted read. */
export const FRESH_FOR_MS = 5_000;

/**
 * The relay: delivers a batch of records, in the order of the stream. Settles by `deadlines.endMs`, and rejects only on
 * a bug.
 *
 * A record is a wake-up that happens to carry its row. It ends in one of four ways:
 *
 *   delivered      the target acknowledged it; its row is deleted
 *   skipped        its row is gone, or another record already carried it: delivered before
 *   parked         it failed, or its destination's breaker is open; a dead letter wakes the requeuer
 *   not attempted  time ran out first; the stream brings it again
 *
 * Where order is asked for, rows of an ordering key go another way: see `lib/core/ordered/ordering.ts`.
 *
 * Only the last way is told to Lambda. A parked record never blocks the records behind it, for its row is still in the
 * table.
 */
export async function relay(
  records: readonly StreamRecord[],
  { table, delivery: parts, parking, ordering, concurrency }: Relay,
  deadlines: Deadlines,
): Promise<RelayResult> {
  const delivery = { ...parts, trials: trials() };
  const { clock, telemetry, pendingDeletes, publisher, receipts } = delivery;
  const last = records.at(-1);
  if (last !== undefined) telemetry.measure("StreamDelay", Math.max(0, clock.now() - last.writtenAtMs));

  const metMs = clock.now();
  receipts?.met(records.map((record) => metLine(record, metMs, destinationIn(record.row, publisher))));

  async function relayChunk(chunk: readonly StreamRecord[]): Promise<readonly StreamRecord[]> {
    if (clock.now() >= deadlines.publishUntilMs) return chunk;
    const undelivered = await stillUndelivered(chunk);
    if (undelivered === undefined) return chunk;
    const byKey = new Map(undelivered.map((record) => [keyText(record.row.key), record]));

    const outcomes = await deliver(undelivered.flatMap(eventOf), delivery, deadlines);
    await parking.park([
      ...undelivered.flatMap(({ row, writtenAtMs }) => malformedParked(row, writtenAtMs)),
      ...outcomes.flatMap((outcome) => parkedFrom(outcome, byKey, clock.now())),
    ]);
    return outcomes.flatMap((outcome) => {
      const record = outcome.kind === "deadline-exceeded" ? byKey.get(keyText(outcome.event)) : undefined;
      return record === undefined ? [] : [record];
    });
  }

  /** Leaves out records that were delivered before. Undefined when the table could not tell. */
  async function stillUndelivered(chunk: readonly StreamRecord[]): Promise<readonly StreamRecord[] | undefined> {
    const known = chunk.filter(({ row }) => !pendingDeletes.has({ ...row.key, id: idOf(row.content) }));
    const isOld = (record: StreamRecord) => clock.now() - record.writtenAtMs > FRESH_FOR_MS;
    const old = known.filter(isOld);
    const rows = await rowsOf(old.map(({ row }) => row.key));
    if (rows === undefined) return undefined;
    const oldKeys = new Set(old.map(({ row }) => keyText(row.key)));
    const undelivered = known.flatMap((record) => {
      if (!oldKeys.has(keyText(record.row.key))) return [record];
      const row = rows.get(keyText(record.row.key));
      return row !== undefined && isSameEvent(row, record.row) ? [{ ...record, row }] : [];
    });
    telemetry.count("DuplicatesAvoided", chunk.length - undelivered.length);
    // A row that rests after its own failure already has its dead letter.
    return undelivered.filter(({ row }) => !rests(row.marks.notBeforeMs, clock.now()));
  }

  async function rowsOf(keys: readonly OutboxRow["key"][]): Promise<ReadonlyMap<string, OutboxRow> | undefined> {
    if (keys.length === 0) return new Map();
    try {
      return new Map((await table.readRows(keys)).map((row) => [keyText(row.key), row]));
    } catch (error) {
      telemetry.log("warn", "The outbox table could not be read; its records are left for another attempt", {
        rows: keys.length,
        error: errorName(error),
      });
      return undefined;
    }
  }

  const isOrdered = ({ row }: StreamRecord) => ordering !== undefined && isOrderedRow(row);
  const keyGroups = relayKeyGroups(records.filter(isOrdered), { ordering, delivery, parking, concurrency }, deadlines);
  const unordered = withoutRepeats(records.filter((record) => !isOrdered(record)));
  // Each destination has chunks of its own: a destination that hangs would otherwise fill all chunks with its records.
  const byDestination = groupedBy(unordered, ({ row }) => destinationIn(row, publisher));
  // Enough chunks to fill all calls, and twice as many again, whose events are acknowledged and wait for an existence
  // check: for the one under way to end, and for their own.
  const width = 3 * Math.ceil((concurrency * publisher.limits.maxEntries) / CHUNK_RECORDS);
  for (const destination of byDestination.keys()) if (destination !== NOWHERE) pendingDeletes.expect(destination);
  const chunked = [...byDestination.values()].map((some) =>
    boundedMap(chunksOf(some, CHUNK_RECORDS), width, relayChunk),
  );
  const [ofKeyGroups, ofChunks] = await Promise.all([keyGroups, Promise.all(chunked)]);
  const left = [...ofKeyGroups, ...ofChunks.flat(2)];
  const notAttempted = new Set(left.map(({ position }) => position));
  const notDeleted = await pendingDeletes.flush(deadlines.endMs);
  telemetry.count("BreakerOpen", delivery.limiters.anyOpen() ? 1 : 0);
  if (notDeleted > 0) telemetry.count("DuplicatesPossible", notDeleted, { cause: "delete-failed" });
  // The stream hands records over in order, so the first is the lowest.
  const checkpointAt = records.findIndex(({ position }) => notAttempted.has(position));
  // Records before the checkpoint never come again, so each row is counted once.
  const through = checkpointAt < 0 ? records : records.slice(0, checkpointAt);
  telemetry.count("EventsWritten", through.length);
  for (const reason of through.flatMap(nonconformitiesIn)) telemetry.count("NonconformingEvents", 1, { reason });
  const checkpoint = records[checkpointAt]?.position;
  return checkpoint === undefined ? {} : { checkpoint };
}

const destinationIn = ({ content }: OutboxRow, publisher: Publisher): string =>
  content.kind === "event" ? publisher.destinationOf(content.event) : NOWHERE;

const NONE: readonly Nonconformity[] = [];
const nonconformitiesIn = ({ row: { content } }: StreamRecord): readonly Nonconformity[] =>
  content.kind === "event" ? (content.event.nonconformities ?? NONE) : NONE;

/** A stream may hand over a record twice in one batch. */
function withoutRepeats(records: readonly StreamRecord[]): readonly StreamRecord[] {
  const seen = new Set<string>();
  return records.filter(({ row }) => {
    const event = `${keyText(row.key)}/${idOf(row.content)}`;
    return !seen.has(event) && seen.add(event);
  });
}

/** A row with another id took the place of the record's row: the record's own event is done. */
const isSameEvent = (row: OutboxRow, other: OutboxRow): boolean => idOf(row.content) === idOf(other.content);

/** A row whose writer did not say when it was written is as old as its stream record. */
function eventOf({ row, writtenAtMs }: StreamRecord): readonly OutboxEvent[] {
  if (row.content.kind !== "event") return [];
  const { event } = row.content;
  return [event.recordedAtMs === undefined ? { ...event, recordedAtMs: writtenAtMs } : event];
}

function parkedFrom(outcome: Outcome, records: ReadonlyMap<string, StreamRecord>, nowMs: number): readonly Parked[] {
  if (outcome.kind === "acknowledged" || outcome.kind === "deadline-exceeded") return [];
  const row = records.get(keyText(outcome.event))?.row;
  if (outcome.kind === "failed") return [failedParked(outcome, row)];
  const { event, failure = BREAKER_OPEN } = outcome;
  return [failedParked({ kind: "failed", event, failure, attempts: 0, firstFailureMs: nowMs }, row)];
}

const BREAKER_OPEN: Failure = {
  class: "transient",
  scope: "target",
  code: "BreakerOpen",
  message: "the target has been failing; no call was made for this event",
};
