import { describe, expect, it } from "vitest";
import { Arrivals } from "../../dev/demo/arrivals.ts";

const message = (messageId: string, detail: unknown, sentAtMs = 1_000) => ({
  messageId,
  body: JSON.stringify({ version: "0", "detail-type": "OrderPlaced", detail }),
  sentAtMs,
});

describe("arrivals at the subscriber", () => {
  it("count a second message for the same event as a copy, at the time of the first", () => {
    const arrivals = new Arrivals();
    arrivals.note(message("m1", { id: "a" }, 1_000));
    arrivals.note(message("m2", { id: "a" }, 2_000));
    arrivals.note(message("m3", { id: "b" }, 3_000));
    expect(arrivals.byId.get("a")).toMatchObject({ copies: 2, firstAtMs: 1_000 });
    expect(arrivals.extraCopies).toBe(1);
  });

  it("do not count a message that was read twice", () => {
    const arrivals = new Arrivals();
    arrivals.note(message("m1", { id: "a" }));
    expect(arrivals.note(message("m1", { id: "a" }))).toBeUndefined();
    expect(arrivals.extraCopies).toBe(0);
  });

  it("measure latency from the row's recordedtime", () => {
    const arrivals = new Arrivals();
    const sentAtMs = Date.parse("2026-01-01T00:00:01.500Z");
    expect(arrivals.note(message("m1", { id: "a", recordedtime: "2026-01-01T00:00:01Z" }, sentAtMs))?.latencyMs).toBe(
      500,
    );
    expect(arrivals.note(message("m2", { id: "b" }, sentAtMs))?.latencyMs).toBeUndefined();
  });

  it("ignore a message without a CloudEvent", () => {
    const arrivals = new Arrivals();
    expect(arrivals.note(message("m1", "text"))).toBeUndefined();
    expect(arrivals.note({ messageId: "m2", body: "[]", sentAtMs: 0 })).toBeUndefined();
    expect(arrivals.byId.size).toBe(0);
  });
});
