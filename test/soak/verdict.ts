import { type Cause, causesOf } from "./causes.ts";
import type { Check, FailedDelete, Kill, Landing, Story } from "./journal.ts";
import { idAt, type Place } from "./rows.ts";

/** An event whose transaction was confirmed. */
export interface Written {
  readonly id: string;
  readonly atMs: number;
  /** Absent for an unordered event. */
  readonly place?: Place;
}

/** A message of the consumer's queue, in the order of the queue. */
export interface Received {
  readonly id: string;
  /** The event that its data names. */
  readonly of: unknown;
}

/** A time when the bus was away. Nobody has the events that it took then. */
export interface Absence {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Evidence {
  readonly written: ReadonlyMap<string, Written>;
  readonly received: readonly Received[];
  readonly stories: ReadonlyMap<string, Story>;
  readonly kills: readonly Kill[];
  readonly checks: readonly Check[];
  readonly failedDeletes: readonly FailedDelete[];
  readonly absences: readonly Absence[];
}

export interface Verdict {
  /** The violations, in words. */
  readonly violations: readonly string[];
  readonly duplicates: ReadonlyMap<Cause, number>;
}

/** Compares the written events with those of the consumer. What went over the wire must explain each duplicate. */
export function judge(evidence: Evidence): Verdict {
  const copies = new Map<string, number>();
  for (const { id } of evidence.received) copies.set(id, (copies.get(id) ?? 0) + 1);
  const duplicates = new Map<Cause, number>();
  const unexplained = [...copies].flatMap(([id, count]) =>
    count === 1 ? [] : unexplainedCopies(id, count, evidence, duplicates),
  );
  const { written, received } = evidence;
  const violations = [
    ...[...written.keys()].filter((id) => !copies.has(id)).map((id) => `LOST: ${id} was written and never received`),
    ...received
      .filter(({ id }) => !written.has(id))
      .map(({ id }) => `FOREIGN: ${id} was received and nobody has written it`),
    ...received.filter(({ id, of }) => id !== of).map(({ id, of }) => `GARBLED: ${id} has the data of ${String(of)}`),
    ...disorder(written, received),
    ...unexplained,
  ];
  return { violations, duplicates };
}

/** First arrivals of a key are a prefix of its commits. */
function disorder(written: ReadonlyMap<string, Written>, received: readonly Received[]): readonly string[] {
  const arrived = new Map<string, number>();
  return received.flatMap(({ id }) => {
    const place = written.get(id)?.place;
    if (place === undefined) return [];
    const last = arrived.get(place.key) ?? 0;
    if (place.sequence <= last) return [];
    arrived.set(place.key, place.sequence);
    if (place.sequence === last + 1) return [];
    return [`ORDER: ${id} was received before ${idAt({ key: place.key, sequence: last + 1 })}`];
  });
}

function unexplainedCopies(
  id: string,
  copies: number,
  { written, stories, kills, checks, failedDeletes, absences }: Evidence,
  duplicates: Map<Cause, number>,
): readonly string[] {
  const { landings = [], deletes = [] } = stories.get(id) ?? {};
  const landed = landingsBehind(copies, landings, absences);
  const span = { fromMs: Math.min(...landed.map(({ begunMs }) => begunMs)), toMs: Math.max(...landed.map(endOf)) };
  const isWithin = (call: { readonly begunMs: number; readonly endedMs: number }) =>
    call.endedMs >= span.fromMs && call.begunMs <= span.toMs;
  const causes = causesOf(
    { landings: landed, deletes },
    {
      writtenMs: written.get(id)?.atMs ?? span.fromMs,
      kills,
      checks: checks.filter(isWithin),
      failedDeletes: failedDeletes.filter(isWithin),
    },
  );
  const known = causes.filter((cause) => cause !== undefined).slice(0, copies - 1);
  for (const cause of known) duplicates.set(cause, (duplicates.get(cause) ?? 0) + 1);
  if (known.length >= copies - 1) return [];
  const story = JSON.stringify({ writtenMs: written.get(id)?.atMs, landings: landed, deletes, causes });
  return [`DUPLICATE: ${id} was received ${copies} times, and ${known.length} of the copies have a cause: ${story}`];
}

/**
 * The landings that the copies come from. Nobody has what a missing bus took. A call that began before the bus went and ended after
 * that may have been in time, and was so if there are more copies than other landings.
 */
function landingsBehind(
  copies: number,
  landings: readonly Landing[],
  absences: readonly Absence[],
): readonly Landing[] {
  const absenceOf = ({ atMs }: Landing) => absences.find(({ fromMs, toMs }) => atMs >= fromMs && atMs <= toMs);
  const certain = landings.filter((landing) => absenceOf(landing) === undefined);
  const possible = landings.filter(
    (landing) => landing.begunMs < (absenceOf(landing)?.fromMs ?? Number.NEGATIVE_INFINITY),
  );
  return [...certain, ...possible.slice(0, Math.max(0, copies - certain.length))];
}

const endOf = ({ atMs }: Landing): number => atMs;
