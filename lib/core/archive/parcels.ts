import { HOUR_MS } from "../../contract/archive/archive-gap.ts";
import { type ArchiveLine, encodeLine } from "../../contract/archive/archive-line.ts";
import { processName } from "../../contract/archive/process-name.ts";
import type { Random } from "../ports.ts";

/** Lines that were handed to the archive together, and are kept together or not at all. */
export interface Parcel {
  /** Encoded lines. */
  readonly lines: readonly string[];
  /** Their text, in UTF-16 code units. */
  readonly size: number;
  /** Hours since the epoch: the hour to which its lines belong. */
  readonly hour: number;
}

/** Text that one object takes, in UTF-16 code units. A larger parcel gets an object to itself. */
export const MOST_OBJECT_TEXT = 4_000_000;
/** The part of it for late lines, so that what somebody waits for is not held up by what nobody waits for. */
const MOST_LATE_OBJECT_TEXT = 1_000_000;
/** Late text beyond this is given up, oldest first: it is noted as missing already. */
export const MOST_LATE_TEXT = 8_000_000;

interface Taken<Each extends Parcel> {
  readonly taken: readonly Each[];
  readonly left: readonly Each[];
}

/**
 * What the next object holds: the oldest parcels that somebody waits for, and beside them the oldest late ones.
 *
 * @param isLate nobody waits for it any more.
 */
export function nextObject<Each extends Parcel>(
  waiting: readonly Each[],
  isLate: (parcel: Each) => boolean,
): Taken<Each> {
  const chosen = new Set<Each>();
  let size = 0;
  const fill = (parcels: readonly Each[], mostText: number) => {
    for (const parcel of parcels) {
      if (chosen.size > 0 && size + parcel.size > mostText) return;
      size += parcel.size;
      chosen.add(parcel);
    }
  };
  fill(
    waiting.filter((parcel) => !isLate(parcel)),
    MOST_OBJECT_TEXT,
  );
  fill(waiting.filter(isLate), Math.min(MOST_OBJECT_TEXT, size + MOST_LATE_OBJECT_TEXT));
  return {
    taken: waiting.filter((parcel) => chosen.has(parcel)),
    left: waiting.filter((parcel) => !chosen.has(parcel)),
  };
}

/** All but the oldest late parcels, where the late ones hold too much text. */
export function withoutOldest<Each extends Parcel>(
  waiting: readonly Each[],
  isLate: (parcel: Each) => boolean,
): readonly Each[] {
  let lateText = textIn(waiting.filter(isLate));
  return waiting.filter((parcel) => {
    const goes = isLate(parcel) && lateText > MOST_LATE_TEXT;
    if (goes) lateText -= parcel.size;
    return !goes;
  });
}

export const textIn = (parcels: readonly Parcel[]): number => parcels.reduce((sum, { size }) => sum + size, 0);

export const linesIn = (parcels: readonly Parcel[]): number =>
  parcels.reduce((sum, { lines }) => sum + lines.length, 0);

/** Makes parcels of lines. A line that is written twice is told by its note from two lines that say the same. */
export function parcelsOf(random: Random): (lines: readonly ArchiveLine[]) => Parcel {
  const process = processName(random);
  let count = 0;
  return (lines) => {
    const texts = lines.map((line) => {
      count += 1;
      return encodeLine(line, `${process}-${count}`);
    });
    const size = texts.reduce((sum, { length }) => sum + length, 0);
    // The lines of a parcel are of one moment.
    const hour = Math.floor((lines[0]?.atMs ?? 0) / HOUR_MS);
    return { lines: texts, size, hour };
  };
}
