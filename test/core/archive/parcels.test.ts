import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../../../lib/contract/archive/archive-gap.ts";
import { decodeLine, type MetLine } from "../../../lib/contract/archive/archive-line.ts";
import {
  linesIn,
  MOST_LATE_TEXT,
  MOST_OBJECT_TEXT,
  nextObject,
  type Parcel,
  parcelsOf,
  withoutOldest,
} from "../../../lib/core/archive/parcels.ts";

interface Sized extends Parcel {
  readonly number: number;
  readonly isLate: boolean;
}

const late = ({ isLate }: Sized) => isLate;
const M = 1_000_000;

/** Parcels of these sizes, the oldest first. A negative size is that of a late one. */
const parcels = (...sizes: readonly number[]): readonly Sized[] =>
  sizes.map((size, number) => ({ number, lines: [], size: Math.abs(size), hour: 0, isLate: size < 0 }));
const numbers = (some: readonly Sized[]) => some.map(({ number }) => number);

describe("the next object", () => {
  it.each<[what: string, sizes: readonly number[], taken: readonly number[]]>([
    ["everything, where there is room", [1, 2, 3], [0, 1, 2]],
    ["up to its limit, and no text more", [MOST_OBJECT_TEXT - 1, 1, 1], [0, 1]],
    ["the oldest, and none out of turn", [3 * M, 2 * M, 1], [0]],
    ["a parcel that is larger than all of it alone", [5 * M, 1], [0]],
    ["what somebody waits for first, with late ones beside it", [-1, 3, -1, 3], [0, 1, 2, 3]],
    ["what somebody waits for, where it fills the object", [-1, 4 * M, -1], [1]],
    ["late text beside what somebody waits for, whichever is older", [900_000, -900_000], [0, 1]],
    ["some late text only, lest others wait for it", [-600_000, -600_000, 1], [0, 2]],
    ["late ones, where nobody waits for any", [-1, -1], [0, 1]],
    ["a late one that is larger than that alone", [-5 * M, -1], [0]],
    ["nothing, where there is nothing", [], []],
  ])("takes %s", (_what, sizes, taken) => {
    const waiting = parcels(...sizes);
    const next = nextObject(waiting, late);
    expect(numbers(next.taken)).toEqual(taken);
    expect(numbers([...next.taken, ...next.left]).toSorted()).toEqual(numbers(waiting));
  });
});

describe("a line", () => {
  const met: MetLine = { line: "met", atMs: 2 * HOUR_MS + 1, pk: "a", sk: "1" };
  const notesOf = (parcel: Parcel) => parcel.lines.map((text) => decodeLine(text).note);

  it("is named by its process and its place among the process's lines", () => {
    const parcelOf = parcelsOf(() => 0.5);
    const name = (2 ** 47).toString(36);
    expect(notesOf(parcelOf([met, met]))).toEqual([`${name}-1`, `${name}-2`]);
    expect(notesOf(parcelOf([met]))).toEqual([`${name}-3`]);
  });

  it("is in a parcel of its hour, which knows its text", () => {
    const parcel = parcelsOf(() => 0)([met, met]);
    expect(parcel.hour).toBe(2);
    expect(parcel.size).toBe(parcel.lines.join("").length);
    expect(linesIn([parcel, parcel])).toBe(4);
  });
});

describe("late text", () => {
  it.each<[what: string, sizes: readonly number[], left: readonly number[]]>([
    ["is kept up to its limit", [-4 * M, -4 * M], [0, 1]],
    ["is kept beside any other text", [-4 * M, 9 * M], [0, 1]],
    ["is given up beyond it, the oldest first", [-4 * M, -4 * M, -1], [1, 2]],
    ["is given up until the rest fits", [-3 * M, -3 * M, -3 * M, -3 * M, -3 * M], [3, 4]],
    ["is all that is given up: what somebody waits for stays", [9 * M, -9 * M, 9 * M], [0, 2]],
  ])("%s", (_what, sizes, left) => {
    expect(MOST_LATE_TEXT).toBe(8 * M);
    expect(numbers(withoutOldest(parcels(...sizes), late))).toEqual(left);
  });
});
