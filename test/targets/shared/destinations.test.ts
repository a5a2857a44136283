import { describe, expect, it } from "vitest";
import { onlyTo, readDestinations } from "../../../lib/targets/shared/run/destinations.ts";
import { eventsOf } from "../../aws/fixtures.ts";
import { ScriptedTarget } from "../../world/scripted-target.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";

function publisherOnlyTo(allowed: readonly string[]) {
  const clock = new VirtualClock();
  const target = new ScriptedTarget(clock);
  const publisher = onlyTo(allowed, target);
  return { target, publish: (to: string) => clock.run(() => publisher.publish(to, eventsOf(2), clock.now() + 1_000)) };
}

describe("a destination that rows may name", () => {
  it("is published to", async () => {
    const { publish } = publisherOnlyTo(["orders", "audit"]);
    expect(await publish("audit")).toEqual([{ kind: "acknowledged" }, { kind: "acknowledged" }]);
  });
});

describe("any other destination", () => {
  it("is the event's own, permanent fault, and the target is not called", async () => {
    const { publish, target } = publisherOnlyTo(["orders"]);
    const results = await publish("secrets");
    expect(results).toHaveLength(2);
    for (const result of results) {
      expect(result).toMatchObject({
        kind: "failed",
        failure: { class: "permanent", scope: "event", code: "DestinationNotAllowed" },
      });
    }
    expect(target.calls).toHaveLength(0);
  });

  it("is shown shortened: a row may name anything", async () => {
    const { publish } = publisherOnlyTo(["orders"]);
    const [result] = await publish("x".repeat(100_000));
    expect(JSON.stringify(result).length).toBeLessThan(500);
  });
});

describe("the list of further destinations", () => {
  it("is empty where it is absent", () => {
    expect(readDestinations("target.alsoTo", undefined)).toEqual([]);
  });

  it.each([
    ["audit", 'target.alsoTo is "audit": it must be a list of destinations.'],
    [["audit", ""], 'target.alsoTo[1] is "": it must be a string that is not empty.'],
  ])("is refused when it is %j", (value, message) => {
    expect(() => readDestinations("target.alsoTo", value)).toThrow(message);
  });
});
