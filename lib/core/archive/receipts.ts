import { HOUR_MS } from "../../contract/archive/archive-gap.ts";
import type { ArchiveLine, MetLine } from "../../contract/archive/archive-line.ts";
import type { FunctionRole } from "../../contract/deployment/function-role.ts";
import { errorName } from "../../contract/telemetry/error-name.ts";
import type { Archive, Clock, Random, Telemetry } from "../ports.ts";
import { type Acknowledged, receiptLines } from "./archive-lines.ts";
import { linesIn, nextObject, type Parcel, parcelsOf, textIn, withoutOldest } from "./parcels.ts";
import { pausesOn } from "./pauses.ts";

/**
 * The lines of a process on their way into the archive. At most one object is being written; everything that comes
 * meanwhile goes into the next one, so a busy process writes few objects, and an idle one writes at once. What the
 * stream brought leaves with the first receipts: a batch of one event costs one object.
 *
 * The archive never stops delivery. A line that is not kept in time may never be, for the process may end. So it is
 * noted elsewhere first that lines of its hour are missing, and nobody takes a missing receipt for a lost event. The
 * line stays with the others that wait, and mostly is kept later.
 *
 *   awaited -- its object is written ----------------------> kept
 *   awaited -- 2 s have passed, and its hour is noted -----> late, until an object with it is written
 *
 * Once a line has waited for 2 s in vain the archive counts as away, until it takes an object again or nothing was tried
 * for a while. Nobody waits for an archive that is away: a line is late as soon as its hour is noted, or delivery would
 * go on at the pace of these waits. Where neither works, the line stays awaited, and its row is not deleted.
 *
 * Nothing of it runs between invocations but the one request that may be under way. What is awaited then is tried again
 * in the next invocation.
 */
export interface Receipts {
  /** An invocation begins. What is awaited is tried until `endMs`, in epoch milliseconds. */
  begin(endMs: number): void;
  /**
   * Notes events that a destination has acknowledged. Resolves when their receipts are kept, or when it is noted that
   * they may be missing: only then may their rows be deleted. Never rejects.
   */
  acknowledged(destination: string, events: readonly Acknowledged[]): Promise<void>;
  /** Notes what the stream brought. It is written with the next receipts, or at the end of the invocation. */
  met(lines: readonly MetLine[]): void;
  /** The invocation ends. Resolves when nothing is awaited any more, or when its time is up. */
  end(): Promise<void>;
}

/** How long a row waits for its receipt. */
export const RECEIPT_WAIT_MS = 2_000;
/** Between two tries of an archive that refuses. */
const RETRY_MS = 500;
/** How long an archive counts as away after it failed: longer than a try of it takes. */
const AWAY_MS = 10_000;
/** An archive behind which more text waits, in UTF-16 code units, is away: it takes less than comes. */
export const MOST_WAITING_TEXT = 16_000_000;

export interface ReceiptsOptions {
  readonly role: FunctionRole;
  /** Whether receipts hold their events whole. */
  readonly withPayload: boolean;
  readonly archive: Archive;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

interface Awaited extends Parcel {
  /** Epoch milliseconds: since when this invocation waits for it. */
  sinceMs: number;
  /** Nobody need wait for it any more. */
  readonly done: () => void;
  /** It has been counted as missing. */
  isCounted: boolean;
}

export function receiptsOf({ role, withPayload, archive, clock, random, telemetry }: ReceiptsOptions): Receipts {
  const parcelOf = parcelsOf(random);
  const pauses = pausesOn(clock);
  /** What leaves with the next receipts. */
  let joining: (readonly MetLine[])[] = [];
  /** In no object that is being written, the oldest first. */
  let waiting: readonly Awaited[] = [];
  /** Neither kept nor noted as missing, the oldest first. */
  const awaited = new Set<Awaited>();
  /** Hours since the epoch that are noted to have missing lines. */
  const noted = new Set<number>();
  /** Epoch milliseconds: nothing is begun from then on. Past between invocations. */
  let endMs = Number.POSITIVE_INFINITY;
  let isWriting = false;
  let isWatching = false;
  /** Epoch milliseconds: the archive counts as away until then. */
  let awayUntilMs = 0;
  /** Epoch milliseconds: no object is written before this. */
  let retryAtMs = 0;

  const isOver = () => clock.now() >= endMs;
  const isLate = (parcel: Awaited) => !awaited.has(parcel);
  const isAway = () => clock.now() < awayUntilMs;
  const dueMs = ({ sinceMs }: Awaited) => (isAway() ? sinceMs : sinceMs + RECEIPT_WAIT_MS);

  function goneAway(): void {
    awayUntilMs = clock.now() + AWAY_MS;
  }

  function hand(some: readonly ArchiveLine[], done: () => void): void {
    const handed = [...joining, some].filter(({ length }) => length > 0);
    joining = [];
    for (const lines of handed) {
      const parcel: Awaited = {
        ...parcelOf(lines),
        ...{ sinceMs: clock.now(), done: lines === some ? done : nobody, isCounted: false },
      };
      waiting = [...waiting, parcel];
      awaited.add(parcel);
    }
    waiting = withoutOldest(waiting, isLate);
    if (textIn(waiting) > MOST_WAITING_TEXT) {
      goneAway();
      // The watch looks again.
      pauses.end();
    }
    goOn();
  }

  function goOn(): void {
    if (isOver() || awaited.size === 0) return;
    if (!isWriting) void writeAll();
    if (!isWatching) void watch();
  }

  function over(parcel: Awaited): void {
    awaited.delete(parcel);
    parcel.done();
    if (awaited.size === 0) pauses.end();
  }

  /** Writes object after object while anything is awaited. Late lines alone are no reason: the next ones take them along. */
  async function writeAll(): Promise<void> {
    isWriting = true;
    // Calls that are confirmed together leave in one object.
    await Promise.resolve();
    while (!isOver()) {
      if (clock.now() < retryAtMs) {
        if (awaited.size === 0) break;
        await pauses.until(Math.min(retryAtMs, endMs));
        continue;
      }
      const { taken, left } = nextObject(waiting, isLate);
      waiting = left;
      if (await written(taken)) {
        awayUntilMs = 0;
        for (const parcel of taken) over(parcel);
      } else {
        waiting = withoutOldest([...taken, ...waiting], isLate);
        retryAtMs = clock.now() + RETRY_MS;
      }
      if (awaited.size === 0) break;
    }
    isWriting = false;
  }

  async function written(parcels: readonly Parcel[]): Promise<boolean> {
    try {
      await archive.write(parcels.flatMap(({ lines }) => lines));
      return true;
    } catch (error) {
      telemetry.log("warn", "The archive did not take an object; its lines are written again", {
        lines: linesIn(parcels),
        error: errorName(error),
      });
      return false;
    }
  }

  /** Lets nobody wait for longer than is said above. */
  async function watch(): Promise<void> {
    isWatching = true;
    while (!isOver()) {
      const [oldest] = awaited;
      if (oldest === undefined) break;
      if (clock.now() < dueMs(oldest)) {
        await pauses.until(Math.min(dueMs(oldest), endMs));
        continue;
      }
      goneAway();
      const overdue = [...awaited];
      for (const parcel of overdue) countMissing(parcel);
      const { hour } = oldest;
      if (await isNoted(hour)) for (const parcel of overdue.filter((each) => each.hour === hour)) over(parcel);
      else await pauses.until(Math.min(clock.now() + RETRY_MS, endMs));
    }
    isWatching = false;
  }

  function countMissing(parcel: Awaited): void {
    if (!parcel.isCounted) telemetry.count("ReceiptsMissing", parcel.lines.length);
    parcel.isCounted = true;
  }

  /** A table that takes no note deletes no row either. */
  async function isNoted(hour: number): Promise<boolean> {
    if (noted.has(hour)) return true;
    try {
      await archive.noteMissing(hour * HOUR_MS);
      noted.add(hour);
      return true;
    } catch (error) {
      telemetry.log("warn", "It could not be noted that the archive lacks lines; their rows stay", {
        error: errorName(error),
      });
      return false;
    }
  }

  return {
    begin(untilMs) {
      endMs = untilMs;
      // The time between invocations is nobody's fault.
      for (const parcel of awaited) parcel.sinceMs = clock.now();
      goOn();
    },
    acknowledged(destination, events) {
      const atMs = clock.now();
      const lines = receiptLines(events, { role, destination, atMs, withPayload });
      if (lines.length === 0) return Promise.resolve();
      return new Promise((resolve) => hand(lines, resolve));
    },
    met(lines) {
      joining.push(lines);
    },
    async end() {
      hand([], nobody);
      while (awaited.size > 0 && !isOver()) await pauses.until(endMs);
      endMs = Number.NEGATIVE_INFINITY;
      pauses.end();
    },
  };
}

const nobody = () => undefined;
