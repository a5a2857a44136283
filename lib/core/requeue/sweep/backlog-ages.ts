import { keyText, type RowKey, type ScannedRow } from "../../../contract/event.ts";
import { keepRecent } from "../../keep-recent.ts";
import type { ScanPage, Telemetry } from "../../ports.ts";
import { waitingSince } from "./row-age.ts";

/**
 * How long the oldest rows have waited, as far as a process has seen the table.
 *
 * A page tells only of its own rows. The sample of a large table misses most rows, and the sweep, which passes all,
 * ends early when no target takes events. So the findings of a pass over a segment are kept until the next pass is
 * through: an undelivered row is not forgotten because this run did not reach it. A row that was delivered meanwhile
 * counts until the next run passes its segment.
 */
export interface BacklogAges {
  /** A page of a table. A sample has no `part`. */
  saw(page: ScanPage, nowMs: number, part?: PassedPart): void;
  /** The page that `saw` was told of was the whole table: nothing else is left in it. */
  sawAll(page: ScanPage, nowMs: number): void;
  /** Tells the ages. A table that was read and showed nothing has an age of 0. */
  tell(telemetry: Telemetry, nowMs: number): void;
}

export interface PassedPart {
  readonly segment: number;
  /** The segment's first page. */
  readonly first: boolean;
}

interface Oldest {
  /** Epoch milliseconds since when a row waits. Infinite: no row waits. */
  undelivered: number;
  parked: number;
  foreign: number;
}

interface Segment {
  /** The findings of the last complete pass, and of broken-off passes since. */
  known: Oldest;
  passing: Oldest;
  /** A page may end between a parked key and its rows. */
  parkedKey: string | undefined;
}

/**
 * How many rows of unknown age are remembered that have no note of it. A table has hardly any; the least recently seen
 * are forgotten.
 */
const MOST_FIRST_LOOKS = 1_000;

const NONE: Oldest = {
  undelivered: Number.POSITIVE_INFINITY,
  parked: Number.POSITIVE_INFINITY,
  foreign: Number.POSITIVE_INFINITY,
};

/** @param failedUnmarked whether a row failed by its own fault, and has no room for a mark that says so. */
export function backlogAges(failedUnmarked: (key: RowKey) => boolean): BacklogAges {
  const segments = new Map<number, Segment>();
  let sampled = { ...NONE };
  let hasForeign = false;
  /** The age of a row that has no room for a note counts from this process's first look, by key. */
  const firstLooks = new Map<string, number>();

  function sinceOf(row: ScannedRow, nowMs: number): number {
    const sinceMs = waitingSince(row, nowMs);
    if (sinceMs !== undefined) return sinceMs;
    const text = keyText(row.key);
    const firstMs = Math.min(firstLooks.get(text) ?? nowMs, nowMs);
    keepRecent(firstLooks, text, firstMs, MOST_FIRST_LOOKS);
    return firstMs;
  }

  /** Adds the rows of a page. Returns the parked key that the rows of the next page may belong to. */
  function add({ rows, foreign, parkedKeys = [] }: ScanPage, nowMs: number, oldest: Oldest, parkedKey?: string) {
    const failedPks = parkedKeys.filter(({ attempts }) => attempts > 0).map(({ pk }) => pk);
    const parked = new Set([parkedKey, ...failedPks]);
    for (const row of rows) {
      const sinceMs = sinceOf(row, nowMs);
      oldest.undelivered = Math.min(oldest.undelivered, sinceMs);
      if (row.marks.attempts > 0 || parked.has(row.key.pk) || failedUnmarked(row.key)) {
        oldest.parked = Math.min(oldest.parked, sinceMs);
      }
    }
    hasForeign ||= foreign !== undefined;
    for (const row of foreign ?? []) oldest.foreign = Math.min(oldest.foreign, sinceOf(row, nowMs));
    return failedPks.at(-1) ?? parkedKey;
  }

  return {
    saw(page, nowMs, part) {
      if (part === undefined) {
        add(page, nowMs, sampled);
        return;
      }
      const before = segments.get(part.segment) ?? { known: NONE, passing: { ...NONE }, parkedKey: undefined };
      // A pass that was broken off saw part of the table, not all of it.
      const segment = part.first
        ? { known: older(before.known, before.passing), passing: { ...NONE }, parkedKey: undefined }
        : before;
      segment.parkedKey = add(page, nowMs, segment.passing, segment.parkedKey);
      const isThrough = page.next === undefined;
      segments.set(
        part.segment,
        isThrough ? { known: segment.passing, passing: { ...NONE }, parkedKey: undefined } : segment,
      );
    },
    sawAll(page, nowMs) {
      segments.clear();
      sampled = { ...NONE };
      add(page, nowMs, sampled);
    },
    tell(telemetry, nowMs) {
      const all = [...segments.values()].flatMap(({ known, passing }) => [known, passing]).reduce(older, sampled);
      const age = (sinceMs: number) => (Number.isFinite(sinceMs) ? Math.max(0, nowMs - sinceMs) / 1_000 : 0);
      telemetry.measure("OldestUndeliveredAge", age(all.undelivered));
      telemetry.measure("OldestParkedAge", age(all.parked));
      if (hasForeign) telemetry.measure("OldestForeignAge", age(all.foreign));
      sampled = { ...NONE };
    },
  };
}

const older = (one: Oldest, other: Oldest): Oldest => ({
  undelivered: Math.min(one.undelivered, other.undelivered),
  parked: Math.min(one.parked, other.parked),
  foreign: Math.min(one.foreign, other.foreign),
});
