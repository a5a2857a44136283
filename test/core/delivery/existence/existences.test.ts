import { describe, expect, it, vi } from "vitest";
import { existencesOf, MOST_DESTINATIONS } from "../../../../lib/core/delivery/existence/existences.ts";
import { worldOf } from "../../../world/world.ts";

const FAR_MS = 600_000;

/** What a process knows of the destinations of a target. */
function existencesAt(hasChecks = true) {
  const world = worldOf();
  const { clock, target } = world;
  const { ports, recording } = world.portsOf("relay");
  const told = vi.spyOn(recording, "count");
  const { existence: _checks, ...withoutChecks } = ports.publisher;
  const existences = existencesOf({ ...ports, publisher: hasChecks ? ports.publisher : withoutChecks });
  const existenceOf = (destination: string) =>
    clock.run(() => existences.of(destination).untilPublishable(clock.now() + FAR_MS));
  const checked = () => target.checks.map(({ destination }) => destination);
  return { clock, target, existences, existenceOf, checked, recording, told };
}

describe("what a process knows of its destinations", () => {
  it("is asked for each by itself, once for all who ask", async () => {
    const { target, existenceOf, checked } = existencesAt();
    target.answer = (destination) => (destination === "gone" ? "missing" : "exists");
    expect([await existenceOf("a"), await existenceOf("gone"), await existenceOf("a")]).toEqual([
      "exists",
      "missing",
      "exists",
    ]);
    expect(checked()).toEqual(["a", "gone"]);
  });

  it("is forgotten of the destination met longest ago, for rows name destinations freely", async () => {
    const { existences, existenceOf, checked } = existencesAt();
    for (const destination of ["first", "second"]) await existenceOf(destination);
    for (let met = 2; met <= MOST_DESTINATIONS; met += 1) existences.of(`d${met}`);
    for (const destination of ["second", "first"]) await existenceOf(destination);
    expect(checked()).toEqual(["first", "second", "first"]);
  });

  it("is told of with each check: that it was made, and whether it told", async () => {
    const { target, existenceOf, recording, told } = existencesAt();
    await existenceOf("a");
    // Told though it is zero: without it, an alarm takes old failures for new ones.
    expect(told.mock.calls).toEqual([["ExistenceChecks"], ["TargetUnverified", 0]]);
    target.answer = () => "denied";
    await existenceOf("b");
    const checks = recording.total("ExistenceChecks") - 1;
    expect(checks).toBeGreaterThan(0);
    expect(recording.total("TargetUnverified")).toBe(checks);
  });
});

describe("a destination that needs no check", () => {
  it.each<readonly [what: string, isCovered: boolean, hasChecks: boolean]>([
    ["because its target refuses a missing one by itself", true, false],
    ["because it cannot be checked", false, true],
  ])("counts as there from the beginning, %s", async (_what, isCovered, hasChecks) => {
    const { clock, target, existences, checked, told } = existencesAt(hasChecks);
    target.checked = isCovered;
    const existence = existences.of("a");
    existence.begin();
    expect([existence.mayPublish(), existence.shutUntilMs()]).toEqual([true, undefined]);
    await clock.run(async () => {
      const over = existence.work();
      expect(await existence.untilPublishable(clock.now())).toBe("exists");
      expect(await existence.confirm(1, clock.now(), 1)).toBe("exists");
      over();
      existence.renew();
    });
    expect(existence.mayPublish()).toBe(true);
    expect([checked(), told.mock.calls]).toEqual([[], []]);
  });
});
