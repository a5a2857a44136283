import { describe, expect, it } from "vitest";
import { deliver } from "../../../lib/core/delivery/deliver.ts";
import { runOf } from "./run-of.ts";

describe("delivery without order", () => {
  it("gives every event one outcome: those too large for a call are not called for, and keep no other back", async () => {
    const { run, written, target, clock, deadlines, telemetry } = runOf();
    const events = [written(), written({ data: "x".repeat(200_000) }), written({ destination: "other" }), written()];
    const [, large] = events;
    const bytes = target.bytesOf(events[1] ?? written());
    const { maxBytes } = target.limits;
    const outcomes = await clock.run(() => deliver(events, run, deadlines()));
    expect(outcomes).toMatchObject([
      {
        kind: "failed",
        event: large,
        failure: {
          class: "permanent",
          scope: "event",
          code: "EventTooLarge",
          message: `the event has ${bytes} bytes as the target counts them; it takes ${maxBytes} at most`,
        },
        attempts: 0,
      },
      { kind: "acknowledged", event: events[0] },
      { kind: "acknowledged", event: events[3] },
      { kind: "acknowledged", event: events[2] },
    ]);
    expect(outcomes).toHaveLength(4);
    expect(target.calls.map(({ ids }) => ids)).toEqual([["e1", "e4"], ["e3"]]);
    expect(telemetry.total("PublishFailures", "permanent", "event")).toBe(1);
    expect(telemetry.total("FailuresByCode", "EventTooLarge")).toBe(1);
  });

  it("fills calls by the size of events as the target counts them", async () => {
    const { run, writtenMany, target, clock, deadlines } = runOf();
    const events = writtenMany(3);
    const [first, second] = events.map((event) => target.bytesOf(event));
    Object.assign(target.limits, { maxBytes: (first ?? 0) + (second ?? 0) });
    await clock.run(() => deliver(events, run, deadlines()));
    expect(target.calls.map(({ ids }) => ids)).toEqual([["e1", "e2"], ["e3"]]);
  });

  it("takes an event that fills a call to its last byte", async () => {
    const { run, written, target, clock, deadlines } = runOf();
    const event = written();
    Object.assign(target.limits, { maxBytes: target.bytesOf(event) });
    expect(await clock.run(() => deliver([event], run, deadlines()))).toEqual([{ kind: "acknowledged", event }]);
  });
});
