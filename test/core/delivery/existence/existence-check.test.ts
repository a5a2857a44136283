import { describe, expect, it } from "vitest";
import { DENIED_FOR_GOOD_MS } from "../../../../lib/core/delivery/existence/check-answers.ts";
import { CHECK_INTERVAL_MS, checkBudget, SAVED_CHECKS } from "../../../../lib/core/delivery/existence/check-budget.ts";
import {
  CHECK_TIMEOUT_MS,
  existenceCheck,
  FOLLOW_MS,
  GATHER_MS,
  PROOF_WAIT_MS,
} from "../../../../lib/core/delivery/existence/existence-check.ts";
import type { CheckAnswer, Clock, Existence } from "../../../../lib/core/ports.ts";
import { countedClock } from "../../../world/counted-clock.ts";
import { VirtualClock } from "../../../world/virtual-clock.ts";

const CHECK_MS = 20;
const MEMORY_MS = 10_000;
const UNTIL_MS = 600_000;
const ENOUGH = 500;
/** Three quarters of 100 ms, for the chance is always one half. */
const FIRST_COOLDOWN_MS = 75;

/** Checks that take 20 ms and give these answers in turn, the last one again and again. `fails`: the check rejects. */
function checkAnswering(...answers: readonly (CheckAnswer | "fails")[]) {
  const clock = new VirtualClock(0);
  const world = { beganAtMs: [] as number[], untilMs: [] as number[], checkMs: CHECK_MS, unknowns: 0, knowns: 0 };
  const parts = {
    clock: clock as Clock,
    random: () => 0.5,
    budget: checkBudget(clock),
    memoryMs: MEMORY_MS,
    checkEveryMs: 0,
  };
  const checkOf = (change: Partial<typeof parts> = {}) =>
    existenceCheck({
      ...parts,
      ...change,
      onUnknown: () => {
        world.unknowns += 1;
      },
      onAnswered: () => {
        world.knowns += 1;
      },
      check: async (untilMs) => {
        world.untilMs.push(untilMs);
        const answer = answers[world.beganAtMs.push(clock.now()) - 1] ?? answers.at(-1) ?? "exists";
        await clock.sleep(world.checkMs);
        if (answer === "fails") throw new Error("The check fails");
        return answer;
      },
    });
  const own = checkOf();
  const known = () => own.untilPublishable(UNTIL_MS);
  const confirm = (events = 1, enough = 1) => own.confirm(events, UNTIL_MS, enough);
  /** Does this at a time, and tells the answer with the time at which it came. */
  const at = async <Answer>(atMs: number, ask: () => Promise<Answer>) => {
    await clock.sleep(atMs - clock.now());
    return { answer: await ask(), atMs: clock.now() };
  };
  return { clock, world, own, checkOf, known, confirm, at, run: clock.run.bind(clock) };
}

describe("before the first publish", () => {
  it("waits for a check that finds the destination, and then for none", async () => {
    const { run, known, world, own } = checkAnswering("exists");
    expect(own.mayPublish()).toBe(false);
    expect(await run(() => Promise.all([known(), known()]))).toEqual(["exists", "exists"]);
    expect(await run(known)).toBe("exists");
    expect(world.beganAtMs).toEqual([0]);
  });

  it("is content with the check that began at the start of the process", async () => {
    const { run, clock, known, own, world } = checkAnswering("exists");
    own.begin();
    await run(() => clock.sleep(10));
    expect(await run(known)).toBe("exists");
    expect([world.beganAtMs, clock.now()]).toEqual([[0], CHECK_MS]);
    expect([world.knowns, world.unknowns]).toEqual([1, 0]);
  });

  it("begins one check at the start of the process, however often it is told so, and repeats it for nobody", async () => {
    const { run, clock, own, world } = checkAnswering("unanswered");
    own.begin();
    own.begin();
    await run(() => clock.sleep(PROOF_WAIT_MS));
    expect(world.beganAtMs).toEqual([0]);
  });

  it.each<CheckAnswer>(["unanswered", "denied"])(
    "waits 5 s while checks are %s, all together and not each",
    async (answer) => {
      const { run, clock, known, own, at, world } = checkAnswering(answer);
      expect(await run(() => Promise.all([at(0, known), at(3_000, known)]))).toEqual([
        { answer: "unknown", atMs: PROOF_WAIT_MS },
        { answer: "unknown", atMs: PROOF_WAIT_MS },
      ]);
      expect(own.shutUntilMs()).toBeGreaterThan(clock.now());
      expect((await run(() => at(PROOF_WAIT_MS, known))).atMs).toBe(PROOF_WAIT_MS);
      expect([world.knowns, world.unknowns]).toEqual([0, world.beganAtMs.length]);
      // A check every few seconds is waited for, and once it finds the destination all may go.
      const probed = world.beganAtMs.length;
      expect((await run(() => at(20_000, known))).atMs).toBe(20_000 + CHECK_MS);
      expect(world.beganAtMs.length).toBe(probed + 1);
    },
  );

  it("learns nothing from a check that fails, and asks again", async () => {
    const { run, known, own, clock, world } = checkAnswering("fails", "exists");
    own.begin();
    await run(() => clock.sleep(CHECK_MS + 1));
    expect([own.mayPublish(), own.shutUntilMs(), world.unknowns]).toEqual([false, undefined, 1]);
    expect(await run(known)).toBe("exists");
  });

  it("waits for no check of a missing destination but one now and then", async () => {
    const { run, known, at, world, own } = checkAnswering("missing", "missing", "exists");
    expect(await run(known)).toBe("missing");
    expect(own.shutUntilMs()).toBeDefined();
    expect(await run(() => at(CHECK_MS + 1, known))).toEqual({ answer: "missing", atMs: CHECK_MS + 1 });
    expect((await run(() => at(1_000, known))).answer).toBe("missing");
    expect((await run(() => at(10_000, known))).answer).toBe("exists");
    expect(world.beganAtMs).toHaveLength(3);
  });

  it("waits for a check of a missing destination from the moment on when one may begin", async () => {
    const { run, known, own, at } = checkAnswering("missing", "exists");
    await run(known);
    const untilMs = own.shutUntilMs() ?? 0;
    expect(untilMs).toBe(CHECK_MS + FIRST_COOLDOWN_MS);
    expect(await run(() => at(untilMs - 1, known))).toEqual({ answer: "missing", atMs: untilMs - 1 });
    expect(own.shutUntilMs()).toBe(untilMs);
    const found = at(untilMs, () => {
      expect(own.shutUntilMs()).toBeUndefined();
      return known();
    });
    expect(await run(() => found)).toEqual({ answer: "exists", atMs: untilMs + CHECK_MS });
  });

  it("waits for a check once the patience of those before it is over", async () => {
    // Four checks begin in the time of the first who waits.
    const { run, own, at, known, world } = checkAnswering(...Array<CheckAnswer>(4).fill("unanswered"), "exists");
    expect(await run(() => own.untilPublishable(700))).toBe("unknown");
    expect(await run(() => at(PROOF_WAIT_MS, known))).toEqual({ answer: "exists", atMs: PROOF_WAIT_MS + CHECK_MS });
    expect(world.beganAtMs).toHaveLength(5);
  });

  it("has a check made ever less often while checks prove nothing", async () => {
    const { run, known, world } = checkAnswering("unanswered");
    await run(known);
    // Each cooldown begins when a check is over.
    expect(world.beganAtMs).toEqual([0, 95, 265, 585, 1_205, 2_425, 4_845]);
  });

  it("waits as long as each has time", async () => {
    const { run, own, clock } = checkAnswering("unanswered");
    const until = async (untilMs: number) => [await own.untilPublishable(untilMs), clock.now()];
    expect(await run(() => Promise.all([until(UNTIL_MS), until(700)]))).toEqual([
      ["unknown", PROOF_WAIT_MS],
      ["unknown", 700],
    ]);
  });

  it("tells a check by when it must be over", async () => {
    const { run, own, world } = checkAnswering("missing", "exists");
    await run(() => own.untilPublishable(700));
    await run(() => own.confirm(1, UNTIL_MS, 1));
    expect(world.untilMs).toEqual([700, CHECK_MS + CHECK_TIMEOUT_MS]);
  });

  it("waits its whole time anew after the destination was found meanwhile", async () => {
    const { run, own, at, known, clock } = checkAnswering("unanswered", "exists", "denied");
    expect(await run(known)).toBe("exists");
    await run(() => clock.sleep(30_000 - clock.now()));
    own.begin();
    expect(await run(() => at(30_100, known))).toEqual({ answer: "unknown", atMs: 30_100 + PROOF_WAIT_MS });
  });

  it("waits its whole time after a check that began for nobody, and told nothing", async () => {
    const { run, own, at, known } = checkAnswering("unanswered");
    own.begin();
    const { atMs } = await run(() => at(10_000, known));
    expect(atMs).toBe(10_000 + PROOF_WAIT_MS);
  });

  it("waits for no second cooldown after a check that ends late, without an answer", async () => {
    const { run, own, at, known, world } = checkAnswering("unanswered");
    world.checkMs = CHECK_TIMEOUT_MS + 500;
    own.begin();
    const askedMs = world.checkMs + 1;
    await run(() => at(askedMs, known));
    expect(world.beganAtMs.slice(0, 2)).toEqual([0, askedMs]);
  });

  it("waits no longer than the invocation has time", async () => {
    const { run, own, clock } = checkAnswering("unanswered");
    expect(await run(() => own.untilPublishable(700))).toBe("unknown");
    expect(clock.now()).toBe(700);
  });

  it("asks anew where somebody else may have seen more, unless the last proof is within the memory", async () => {
    const { run, known, own, at, world } = checkAnswering("exists", "denied");
    await run(known);
    own.renew();
    expect((await run(() => at(MEMORY_MS - 1, known))).answer).toBe("exists");
    expect(world.beganAtMs).toHaveLength(1);
    own.renew();
    expect((await run(() => at(MEMORY_MS + 1, known))).answer).toBe("unknown");
  });
});

describe("what is acknowledged", () => {
  it("is confirmed by a check that begins after it, and not by one in flight", async () => {
    const { run, at, confirm, world } = checkAnswering("exists", "missing");
    const [first, second] = await run(() => Promise.all([at(0, confirm), at(10, confirm)]));
    expect(first).toEqual({ answer: "exists", atMs: CHECK_MS });
    expect(second).toEqual({ answer: "missing", atMs: 2 * CHECK_MS + FOLLOW_MS });
    expect(world.beganAtMs).toEqual([0, CHECK_MS + FOLLOW_MS]);
  });

  it("shares the next check with all who come before it begins", async () => {
    const { run, at, confirm, world } = checkAnswering("exists");
    await run(() => Promise.all([0, 5, 12, 19, CHECK_MS + FOLLOW_MS - 1].map((ms) => at(ms, confirm))));
    expect(world.beganAtMs).toHaveLength(2);
  });

  it("is asked about anew each time while checks are answered", async () => {
    const { run, confirm } = checkAnswering("exists", "missing", "exists");
    expect([await run(confirm), await run(confirm), await run(confirm)]).toEqual(["exists", "missing", "exists"]);
  });

  it("is asked about at once where the destination was missing before, for it may be back", async () => {
    const { run, known, confirm, clock, world } = checkAnswering("missing", "exists");
    await run(known);
    const fromMs = clock.now();
    expect(await run(confirm)).toBe("exists");
    expect(world.beganAtMs).toEqual([0, fromMs]);
  });

  it("counts by the last proof while checks go unanswered, for the memory from where that proof began", async () => {
    const { run, at, confirm, world } = checkAnswering("exists", "unanswered");
    const times = [0, 100, 5_000, 9_000, MEMORY_MS - CHECK_MS - 1];
    for (const ms of times) expect((await run(() => at(ms, confirm))).answer).toBe("exists");
    const late = await run(() => at(MEMORY_MS, confirm));
    expect(late).toEqual({ answer: "unknown", atMs: MEMORY_MS + PROOF_WAIT_MS });
    expect(world.unknowns).toBeGreaterThan(0);
  });

  it("counts by no memory at all where it is 0", async () => {
    const { run, checkOf } = checkAnswering("exists", "unanswered");
    const own = checkOf({ memoryMs: 0 });
    expect(await run(() => own.confirm(1, UNTIL_MS, 1))).toBe("exists");
    expect(await run(() => own.confirm(1, UNTIL_MS, 1))).toBe("unknown");
  });

  it("does not count from the first denial on, whatever was proved before, nor after it while checks go unanswered", async () => {
    const { run, at, confirm, own } = checkAnswering("exists", "denied", "unanswered");
    expect(await run(confirm)).toBe("exists");
    expect(await run(() => at(100, confirm))).toEqual({ answer: "unknown", atMs: 100 + PROOF_WAIT_MS });
    expect(own.mayPublish()).toBe(false);
  });

  it("has taken the time of those who come after it, where no check confirmed it", async () => {
    const { run, at, known, confirm } = checkAnswering("exists", "denied");
    await run(confirm);
    expect(await run(() => at(1_000, confirm))).toEqual({ answer: "unknown", atMs: 1_000 + PROOF_WAIT_MS });
    // They are turned away at once, until the next check.
    expect(await run(() => at(1_000 + PROOF_WAIT_MS, known))).toEqual({
      answer: "unknown",
      atMs: 1_000 + PROOF_WAIT_MS,
    });
  });

  it("waits for a check that is slow no longer than 2 s, and 5 s in all", async () => {
    const { run, at, confirm, world } = checkAnswering("exists");
    world.checkMs = 60_000;
    expect(await run(() => at(0, confirm))).toEqual({ answer: "unknown", atMs: PROOF_WAIT_MS });
    expect(world.beganAtMs[1]).toBeGreaterThanOrEqual(CHECK_TIMEOUT_MS);
  });

  it("is denied by an answer that comes too late for whoever waited", async () => {
    const { run, clock, known, confirm, own, world } = checkAnswering("exists", "denied", "unanswered");
    await run(known);
    world.checkMs = CHECK_TIMEOUT_MS + 500;
    expect(await run(confirm)).toBe("exists");
    expect(own.mayPublish()).toBe(true);
    await run(() => clock.sleep(501));
    expect(own.mayPublish()).toBe(false);
  });

  it.each<readonly [what: string, given: readonly CheckAnswer[], told: Existence]>([
    ["is not confirmed by a proof from before it", ["exists"], "unknown"],
    ["is confirmed by the memory, where the last check went unanswered", ["exists", "unanswered"], "exists"],
    ["is not confirmed where the destination was missing before it", ["missing"], "missing"],
  ])("whose time is up before a check could begin: %s", async (_what, given, told) => {
    const { run, clock, own } = checkAnswering(...given);
    for (const _answer of given) {
      own.begin();
      await run(() => clock.sleep(1_000));
    }
    expect(await run(() => own.confirm(1, clock.now(), 1))).toBe(told);
  });

  it("is believed without a check for as long as was allowed, and not longer", async () => {
    const { run, at, checkOf, world } = checkAnswering("exists", "exists", "missing");
    const own = checkOf({ checkEveryMs: 3_000 });
    const confirm = () => own.confirm(1, UNTIL_MS, 1);
    for (const ms of [0, 1_000, 2_900]) expect((await run(() => at(ms, confirm))).answer).toBe("exists");
    expect(world.beganAtMs).toHaveLength(1);
    expect((await run(() => at(3_001, confirm))).answer).toBe("exists");
    expect(world.beganAtMs).toHaveLength(2);
  });

  it("is given up for good after a minute of denials", async () => {
    const { run, at, known } = checkAnswering("denied");
    const answers: Existence[] = [];
    for (const ms of [0, 30_000, DENIED_FOR_GOOD_MS - 1, DENIED_FOR_GOOD_MS + 10_000]) {
      answers.push((await run(() => at(ms, known))).answer);
    }
    expect(answers).toEqual(["unknown", "unknown", "unknown", "denied"]);
  });
});

describe("the last acknowledgement of an invocation", () => {
  it("brings one check for all that went before it", async () => {
    const { run, at, own, clock, world } = checkAnswering("exists");
    const call = async (ms: number) => {
      const over = own.work();
      await clock.sleep(ms);
      const confirmed = own.confirm(10, UNTIL_MS, ENOUGH);
      over();
      return confirmed;
    };
    await run(() => at(0, () => Promise.all([20, 40, 60, 80].map(call))));
    expect(world.beganAtMs).toEqual([80]);
  });

  it("is not waited for once half of the places are taken, nor for longer than a second", async () => {
    const { run, own, world, clock } = checkAnswering("exists");
    const over = own.work();
    await run(() => own.confirm(ENOUGH, UNTIL_MS, ENOUGH));
    expect(world.beganAtMs).toEqual([0]);
    const fromMs = clock.now();
    await run(() => own.confirm(ENOUGH - 1, UNTIL_MS, ENOUGH));
    expect(world.beganAtMs).toEqual([0, fromMs + GATHER_MS]);
    over();
  });

  it("is not waited for where a check begins before it for others: that one counts for all who came first", async () => {
    const { run, own, at, known, world } = checkAnswering("exists");
    own.work();
    const gathering = () => own.confirm(1, UNTIL_MS, ENOUGH);
    const [confirmed] = await run(() => Promise.all([at(0, gathering), at(10, known)]));
    expect(confirmed).toEqual({ answer: "exists", atMs: 10 + CHECK_MS });
    expect(world.beganAtMs).toEqual([10]);
  });

  it("is not waited for where no call is out", async () => {
    const { run, own, world } = checkAnswering("exists");
    expect(await run(() => own.confirm(1, UNTIL_MS, ENOUGH))).toBe("exists");
    expect(world.beganAtMs).toEqual([0]);
  });

  it("costs one timer, however many wait for it, and none afterwards", async () => {
    const { run, checkOf, clock } = checkAnswering("exists");
    const counted = countedClock(clock);
    const own = checkOf({ clock: counted });
    const over = own.work();
    const confirmed = [1, 2, 3].map((events) => own.confirm(events, UNTIL_MS, ENOUGH));
    expect(counted.timers).toBe(1);
    over();
    expect(await run(() => Promise.all(confirmed))).toEqual(["exists", "exists", "exists"]);
    expect(counted.timers).toBe(0);
  });

  it("is asked about, and not the end of calls that brought none: these leave the budget to others", async () => {
    const { run, own, known, world } = checkAnswering("exists");
    for (let calls = 0; calls < 2 * SAVED_CHECKS; calls += 1) own.work()();
    await run(known);
    expect(world.beganAtMs).toEqual([0]);
  });

  it("is waited for anew by who comes after a check began, though timers that are called off may go off at once", async () => {
    const { run, checkOf, clock } = checkAnswering("exists");
    const sleep = (ms: number, over?: AbortSignal) =>
      Promise.race([clock.sleep(ms, over), new Promise<void>((end) => over?.addEventListener("abort", () => end()))]);
    const own = checkOf({ clock: { now: () => clock.now(), sleep } });
    const over = own.work();
    const gathered = async () => {
      const answer = await own.confirm(1, UNTIL_MS, ENOUGH);
      return { answer, atMs: clock.now() };
    };
    await run(async () => {
      const first = gathered();
      await clock.sleep(1);
      over();
      own.work();
      expect(await Promise.all([first, gathered()])).toEqual([
        { answer: "exists", atMs: 1 + CHECK_MS },
        { answer: "exists", atMs: 1 + GATHER_MS + CHECK_MS },
      ]);
    });
  });
});

type Known = Exclude<Existence, "denied"> | "doubted";

/** How a process comes to know each state, by the answers of checks a second apart. */
const COMES_TO: Readonly<Record<Known, readonly CheckAnswer[]>> = {
  unknown: [],
  exists: ["exists"],
  /** It exists, by the last proof only. */
  doubted: ["exists", "unanswered"],
  missing: ["missing"],
};

/** Each state and the next answer, the state after it, and whether events are kept back without a further check. */
const TRANSITIONS: readonly (readonly [from: Known, answer: CheckAnswer, to: Existence, isShut: boolean])[] = [
  ["unknown", "exists", "exists", false],
  ["unknown", "missing", "missing", true],
  ["unknown", "denied", "unknown", false],
  ["unknown", "unanswered", "unknown", false],
  ["exists", "exists", "exists", false],
  ["exists", "missing", "missing", true],
  ["exists", "denied", "unknown", false],
  ["exists", "unanswered", "exists", false],
  ["doubted", "exists", "exists", false],
  ["doubted", "missing", "missing", true],
  ["doubted", "denied", "unknown", false],
  ["doubted", "unanswered", "exists", false],
  ["missing", "exists", "exists", false],
  ["missing", "missing", "missing", true],
  ["missing", "denied", "unknown", false],
  ["missing", "unanswered", "unknown", false],
];

describe("what is known of a destination", () => {
  it.each(TRANSITIONS)("%s, and a check says %s: %s", async (from, answer, to, isShut) => {
    const { run, at, own, confirm, clock, world } = checkAnswering(...COMES_TO[from], answer);
    const checks = COMES_TO[from].length + 1;
    await run(async () => {
      for (let index = 0; index < checks; index += 1) {
        // Each asks for a single check, like an acknowledgement that does not wait for the result.
        void at(1_000 * index, confirm);
        await clock.sleep(1_000 * index + CHECK_MS + 1 - clock.now());
        expect(world.beganAtMs).toHaveLength(index + 1);
      }
      expect(own.mayPublish()).toBe(to === "exists");
      expect(own.shutUntilMs() !== undefined).toBe(isShut);
      // The next check is not answered in time. A caller is told what is known by now, and not an earlier state.
      world.checkMs = UNTIL_MS;
      expect(await own.untilPublishable(clock.now() + 1)).toBe(to);
    });
  });
});

describe("the budget of checks", () => {
  it("is one for all destinations of a process: 20 a second", async () => {
    const { run, clock, checkOf, world } = checkAnswering("exists");
    const buses = Array.from({ length: 10 }, () => checkOf());
    await run(async () => {
      while (clock.now() < 2_000) await Promise.all(buses.map((bus) => bus.confirm(1, UNTIL_MS, 1)));
    });
    expect(world.beganAtMs.length).toBeLessThanOrEqual(SAVED_CHECKS + 2_000 / CHECK_INTERVAL_MS + buses.length);
  });

  it("makes checks rarer the longer they go unanswered, and never two at once", async () => {
    const { run, at, confirm, world } = checkAnswering("exists", ...Array<CheckAnswer>(100).fill("unanswered"));
    await run(() => Promise.all(Array.from({ length: 900 }, (_unused, index) => at(index * 10, confirm))));
    expect(world.beganAtMs.length).toBeLessThan(20);
    const gaps = world.beganAtMs.slice(1).map((beganAtMs, index) => beganAtMs - (world.beganAtMs[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(CHECK_MS);
  });
});
