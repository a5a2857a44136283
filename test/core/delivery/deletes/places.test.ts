import { describe, expect, it } from "vitest";
import { MAX_PENDING_DELETES, placesOf } from "../../../../lib/core/delivery/deletes/places.ts";

type Row = readonly [
  what: string,
  held: Readonly<Record<string, number>>,
  pending: number,
  destination: string,
  call: number,
  fits: boolean,
];

/** What each destination holds, how many rows are pending, and whether a call of this many events may be made. */
const TABLE: readonly Row[] = [
  ["one destination has them all", { a: 0 }, 0, "a", 1_000, true],
  ["a call of more than there are goes alone", { a: 0 }, 0, "a", 1_001, true],
  ["and not beside a row that is pending", { a: 0 }, 1, "a", 1_000, false],
  ["one destination has what it does not hold", { a: 400 }, 0, "a", 600, true],
  ["and no more", { a: 400 }, 0, "a", 601, false],
  ["pending rows take places", { a: 100 }, 300, "a", 600, true],
  ["each its own", { a: 100 }, 301, "a", 600, false],
  ["also where as many are held as are pending", { a: 500 }, 500, "a", 1, false],
  ["of two, each has three quarters of what the other leaves: 750 of 1,000", { a: 700, b: 0 }, 0, "a", 50, true],
  ["and no more than these 750", { a: 700, b: 0 }, 0, "a", 51, false],
  ["450 of 600", { a: 400, b: 440 }, 0, "b", 10, true],
  ["and no more than these 450", { a: 400, b: 440 }, 0, "b", 11, false],
  ["pending rows are nobody's share: 300 of 400", { a: 400, b: 290 }, 200, "b", 10, true],
  ["and no more than these 300", { a: 400, b: 290 }, 200, "b", 11, false],
  ["each has two calls in any case", { a: 940, b: 30 }, 0, "b", 30, true],
  ["not a third one", { a: 900, b: 61 }, 0, "b", 30, false],
  ["nor where there is no room", { a: 940, b: 31 }, 0, "b", 30, false],
];

describe("places among the pending deletes, by destination", () => {
  it.each(TABLE)("%s", (_what, held, pending, destination, call, fits) => {
    const places = placesOf();
    for (const [name, count] of Object.entries(held)) {
      places.expect(name);
      places.take(name, count);
    }
    expect(places.fits(destination, call, pending)).toBe(fits);
    // After they were given back, the state is as if they had never been taken.
    for (const [name, count] of Object.entries(held)) places.giveBack(name, count);
    expect(places.fits(destination, 5 * MAX_PENDING_DELETES, 0)).toBe(true);
  });

  it("are as if they had never been taken once a destination gave all of its own back, while another holds some", () => {
    const places = placesOf();
    for (const name of ["a", "b"]) places.expect(name);
    places.take("b", 1);
    places.take("a", 400);
    places.giveBack("a", 400);
    places.take("a", 740);
    expect([places.fits("a", 9, 0), places.fits("a", 10, 0)]).toEqual([true, false]);
  });

  it("are shared with a destination from its first call on, whether or not somebody told of it before", () => {
    const places = placesOf();
    expect(places.fits("a", 700, 0)).toBe(true);
    places.take("a", 700);
    expect(places.fits("b", 10, 0)).toBe(true);
    expect(places.fits("a", 51, 0)).toBe(false);
  });

  it("are enough for acknowledgements to be confirmed where half of a destination's are taken", () => {
    const places = placesOf();
    places.expect("a");
    expect(places.enough("a", 0)).toBe(MAX_PENDING_DELETES / 2);
    places.expect("b");
    expect(places.enough("a", 0)).toBe(375);
    expect(places.enough("a", MAX_PENDING_DELETES)).toBe(1);
  });
});
