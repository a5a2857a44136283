import { describe, expect, it } from "vitest";
import type { OutboxEvent } from "../../../lib/contract/event.ts";
import { batchesOf } from "../../../lib/core/ordered/batches-of-key.ts";
import type { Publisher } from "../../../lib/core/ports.ts";
import { ScriptedTarget } from "../../world/scripted-target.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";
import { times } from "../../world/world.ts";

/** Events by their sizes, each `size` bytes, or `[size, destination]`. */
function cut(sizes: readonly (number | readonly [number, string])[], publisher: Partial<Publisher> = {}) {
  const target = Object.assign(new ScriptedTarget(new VirtualClock()), { atomicBatches: true }, publisher);
  target.limits = { maxEntries: 3, maxBytes: 100 };
  target.bytesOf = ({ json }) => json.length;
  const events = sizes.map((each, place): OutboxEvent => {
    const [size, destination] = typeof each === "number" ? [each, "default"] : each;
    return {
      pk: "a",
      sk: String(place + 1),
      id: `a/${place + 1}`,
      type: "t",
      source: "s",
      time: "2026-01-01T00:00:00Z",
      json: "x".repeat(size),
      destination,
    } as const;
  });
  return batchesOf(events, target).map(({ events: batch, tooLarge }) => ({
    ids: batch.map(({ sk }) => Number(sk)),
    ...(tooLarge && { code: tooLarge.code }),
  }));
}

describe("the atomic batches of a key's events", () => {
  it("are of one event each for a target whose calls are not atomic, whether it says so or says nothing", () => {
    const single = [{ ids: [1] }, { ids: [2] }];
    expect(cut([10, 10], { atomicBatches: false })).toEqual(single);
    expect(cut([10, 10], { atomicBatches: undefined } as object)).toEqual(single);
  });

  it("hold as many events as a call takes", () => {
    expect(cut(times(7, () => 10))).toEqual([{ ids: [1, 2, 3] }, { ids: [4, 5, 6] }, { ids: [7] }]);
  });

  it("hold as many bytes as a call takes, and not one more", () => {
    expect(cut([30, 30, 40])).toEqual([{ ids: [1, 2, 3] }]);
    expect(cut([30, 30, 41])).toEqual([{ ids: [1, 2] }, { ids: [3] }]);
    expect(cut([60, 60])).toEqual([{ ids: [1] }, { ids: [2] }]);
  });

  it("end where the destination changes", () => {
    expect(
      cut([
        [10, "x"],
        [10, "x"],
        [10, "y"],
        [10, "x"],
      ]),
    ).toEqual([{ ids: [1, 2] }, { ids: [3] }, { ids: [4] }]);
  });

  it("leave an event alone that is too large for a call, and nothing before it joins what comes after", () => {
    expect(cut([10, 101, 10])).toEqual([{ ids: [1] }, { ids: [2], code: "EventTooLarge" }, { ids: [3] }]);
    expect(cut([100])).toEqual([{ ids: [1] }]);
  });
});
