import { describe, expect, it } from "vitest";
import { MUTANTS } from "../mutants/all.ts";
import { afterMicrotasks } from "../scheduler.ts";
import { type SmallWorld, smallWorld } from "./small-worlds.ts";
import { withExplorer } from "./threads.ts";

const FAULTS = ["crash", "acknowledgement lost", "table write failed"] as const;

const OVERLAP = smallWorld("one fresh event, two relays, a fault", [1], {
  relays: 2,
  fresh: true,
  faults: FAULTS,
  faultBudget: 1,
});
const REDELIVERY = smallWorld("one event, two relays", [1], { relays: 2 });
const PARKED = smallWorld("two dead letters, a requeuer, two faults", [1, 1], {
  requeuers: 1,
  deadLetters: true,
  faults: FAULTS,
  faultBudget: 2,
});
const SWEPT = smallWorld("one event, a relay and a requeuer", [1], { relays: 1, requeuers: 1 });

const exploreAll = (worlds: readonly SmallWorld[], patches: Parameters<typeof withExplorer>[0] = []) =>
  withExplorer(patches, (explorer) => Promise.all(worlds.map((world) => explorer.explore(world))));

describe("small worlds, looked at completely", () => {
  it("keep the promise in every interleaving, whatever fails", async () => {
    for (const { exploration } of await exploreAll([OVERLAP, REDELIVERY, PARKED, SWEPT])) {
      expect(exploration.violations).toEqual([]);
      expect(exploration.complete).toBe(true);
      expect(exploration.states).toBeGreaterThan(100);
    }
  });

  it("end as they do when no state is ever taken for one that was seen before", async () => {
    const worlds = [REDELIVERY, smallWorld("a relay", [1, 1], { relays: 1, faults: FAULTS, faultBudget: 2 }), PARKED];
    await withExplorer([], async (explorer) => {
      for (const world of worlds) {
        const pruned = await explorer.explore(world);
        const whole = await explorer.explore(world, { prune: false });
        expect(whole.exploration.complete).toBe(true);
        expect(whole.exploration.runs).toBeGreaterThanOrEqual(pruned.exploration.runs);
        expect(whole.exploration.states).toBe(pruned.exploration.states);
        expect(whole.ends).toEqual(pruned.ends);
      }
    });
  });

  it("do not hide a wrong variant, whose path shows it again", async () => {
    const mutant = MUTANTS.find(({ name }) => name === "deleting before the acknowledgement");
    await withExplorer(mutant?.patches ?? [], async (explorer) => {
      const { exploration } = await explorer.explore(OVERLAP);
      const [found] = exploration.violations;
      expect(found?.violations.join()).toMatch(/LOSS/);
      const shown = await explorer.replay(OVERLAP, found?.path ?? []);
      expect(shown.end.violations).toEqual(found?.violations);
      expect(shown.trace).toContainEqual(expect.stringMatching(/relay\d deleteRows e1/));
      expect(await explorer.replay(OVERLAP, found?.path ?? [])).toEqual(shown);
    });
  });

  it("are met again, state by state, when they are explored again", async () => {
    const [once, again] = await exploreAll([OVERLAP, OVERLAP]);
    expect({ ...again?.exploration, seconds: 0 }).toEqual({ ...once?.exploration, seconds: 0 });
    expect(again?.ends).toEqual(once?.ends);
  });
});

describe("the scheduler", () => {
  it("goes on only when every promise job has run", async () => {
    let jobs = 0;
    const chain = async () => {
      for (; jobs < 1_000; jobs += 1) await undefined;
    };
    void chain();
    await afterMicrotasks();
    expect(jobs).toBe(1_000);
  });
});
