import { describe, expect, it } from "vitest";
import { countRequests } from "../../../lib/local/faults/proxy-counts.ts";

/**
 * Counts of a run in which an event was acknowledged, then checks ended like this, one after the other, and then the event was
 * acknowledged again.
 */
function unconfirmedAfter(...looks: readonly boolean[]): number {
  const books = countRequests();
  books.acknowledged(["event"]);
  for (const isThere of looks) books.look()(isThere);
  books.acknowledged(["event"]);
  return books.counts.busUnconfirmed.get("event") ?? 0;
}

describe("the books of acknowledgements that no look confirmed", () => {
  it("hold an event for which nobody was told that the bus is there", () => {
    expect(unconfirmedAfter()).toBe(1);
    expect(unconfirmedAfter(false)).toBe(1);
    // Its own check had no answer. A later check is another process's.
    expect(unconfirmedAfter(false, true)).toBe(1);
  });

  it("do not hold one that a look confirmed", () => {
    expect(unconfirmedAfter(true)).toBe(0);
    expect(unconfirmedAfter(true, true)).toBe(0);
  });

  it("hold one whose only confirmation may have begun before its caller knew of it, where the next look finds no bus", () => {
    expect(unconfirmedAfter(true, false)).toBe(1);
    expect(unconfirmedAfter(true, false, true)).toBe(1);
  });

  it("do not hold one that two looks confirmed, whatever a later one finds", () => {
    expect(unconfirmedAfter(true, true, false)).toBe(0);
  });
});
