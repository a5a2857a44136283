import { describe, expect, it } from "vitest";
import { times } from "../../world/world.ts";
import { orderedWorld } from "./ordered-world.ts";

/** A relay whose checks are denied once this many calls were made, so that later acknowledgements cannot be confirmed. */
function deniedAfter(calls: number, concurrency: number) {
  const world = orderedWorld("per-key", { concurrency });
  const { target, keys } = world;
  target.checked = true;
  target.answer = () => (target.calls.length < calls ? "exists" : "denied");
  const attemptsOf = (pk: string) => keys.parkedKey(pk)?.["attempts"]?.N;
  return { ...world, attemptsOf };
}

describe("an event in order that is acknowledged, and whose destination is not proven to exist", () => {
  it("is not to blame for it, whatever else was acknowledged and confirmed before", async () => {
    const { writeEvents, relayProcess, attemptsOf, waiting, target } = deniedAfter(2, 32);
    await relayProcess().invoke(writeEvents("a", 2));
    expect(target.delivered).toEqual(["a/1", "a/2"]);
    expect(waiting()).toEqual(["a/2"]);
    expect(attemptsOf("a")).toBe("0");
  });

  it("parks its key, also where its call held events of other keys, and is not published again", async () => {
    const { writeEvent, relayProcess, attemptsOf, target } = deniedAfter(1, 1);
    await relayProcess().invoke(times(10, (key) => writeEvent(`k${key}`, 1)));
    expect(target.calls.some(({ ids }) => ids.length > 1)).toBe(true);
    expect(new Set(target.delivered).size).toBe(target.delivered.length);
    expect(target.delivered.map((id) => attemptsOf(id.slice(0, 2)))).toEqual(target.delivered.map(() => "0"));
  });
});
