import { beforeEach, describe, expect, it } from "vitest";
import { explainDuplicates, Ledger, percentile } from "../../dev/demo/ledger.ts";

const arrival = (firstAtMs: number, copies = 1, latencyMs: number | undefined = undefined) => ({
  firstAtMs,
  copies,
  latencyMs,
});

describe("the books of a run", () => {
  let ledger: Ledger;
  beforeEach(() => {
    ledger = new Ledger();
    ledger.wrote({ eventId: "a", recordedAtMs: 100 });
    ledger.wrote({ eventId: "b", recordedAtMs: 200 });
  });

  it("knows what was written and has not arrived", () => {
    expect(ledger.written).toBe(2);
    expect(ledger.undelivered(new Map([["a", arrival(150)]])).map(({ eventId }) => eventId)).toEqual(["b"]);
  });

  it("does not count what arrived without having been written", () => {
    expect(ledger.undelivered(new Map([["x", arrival(150)]]))).toHaveLength(2);
  });

  it("counts an event that was seen parked once, and as requeued once it has arrived", () => {
    ledger.sawParked(["a"]);
    ledger.sawParked(["a", "b"]);
    expect(ledger.everParked).toBe(2);
    expect(ledger.requeued(new Map([["a", arrival(150)]]))).toBe(1);
  });

  it("finds the last arrival of what was written before a time, and none while one is missing", () => {
    const first = new Map([["a", arrival(900)]]);
    expect(ledger.lastArrivalOf(first, 150)).toBe(900);
    expect(ledger.lastArrivalOf(first, 300)).toBeUndefined();
    expect(ledger.lastArrivalOf(new Map([...first, ["b", arrival(700)]]), 300)).toBe(900);
  });

  it("picks latencies by when the event was written", () => {
    const arrivals = new Map([
      ["a", arrival(150, 1, 50)],
      ["b", arrival(900, 1, 700)],
    ]);
    expect(ledger.latencies(arrivals)).toEqual([50, 700]);
    expect(ledger.latencies(arrivals, ({ recordedAtMs }) => recordedAtMs < 150)).toEqual([50]);
  });
});

describe("explaining duplicates", () => {
  it("puts each extra copy down to one cause", () => {
    const arrivals = new Map([
      ["once", arrival(1)],
      ["dropped", arrival(1, 2)],
      ["dropped once, here thrice", arrival(1, 3)],
      ["late", arrival(1, 2)],
      ["acknowledged twice", arrival(1, 2)],
      ["bus unconfirmed, then a delete lost", arrival(1, 3)],
    ]);
    const acknowledged = new Map([
      ["once", 1],
      ["acknowledged twice", 2],
      ["bus unconfirmed, then a delete lost", 3],
    ]);
    const answersDropped = new Map([
      ["dropped", 2],
      ["dropped once, here thrice", 1],
      ["once", 1],
    ]);
    const answersLate = new Map([["late", 1]]);
    const busUnconfirmed = new Map([["bus unconfirmed, then a delete lost", 1]]);
    expect(explainDuplicates(arrivals, { acknowledged, answersDropped, answersLate, busUnconfirmed })).toEqual({
      answerDropped: 2,
      answerLate: 1,
      busUnconfirmed: 1,
      publishedAgain: 2,
      unexplained: 1,
    });
  });
});

describe("a percentile", () => {
  it("is the nearest rank of the values in any order", () => {
    const values = [5, 1, 4, 2, 3];
    expect([0.5, 0.99, 0].map((share) => percentile(values, share))).toEqual([3, 5, 1]);
    expect(values).toEqual([5, 1, 4, 2, 3]);
  });

  it("does not exist for no values", () => {
    expect(percentile([], 0.5)).toBeUndefined();
  });
});
