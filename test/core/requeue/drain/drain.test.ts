import { describe, expect, it } from "vitest";
import { deadLetterText } from "../../../../lib/contract/dead-letter.ts";
import type { OutboxEvent } from "../../../../lib/contract/event.ts";
import { MARKS } from "../../../../lib/contract/item-contract.ts";
import type { Outcome } from "../../../../lib/core/delivery/outcome.ts";
import type { Poll } from "../../../../lib/core/ports.ts";
import { drainOf } from "../../../../lib/core/requeue/drain/drain.ts";
import { LOOK_AGAIN_MS } from "../../../../lib/core/requeue/drain/hidden-dead-letters.ts";
import type { KeyDrains } from "../../../../lib/core/requeue/drain/key-drains.ts";
import { lateDestinations, PATIENCE_MS } from "../../../../lib/core/requeue/late-destinations.ts";
import type { ProbingDelivery } from "../../../../lib/core/requeue/probing-delivery.ts";
import { rowsInHand } from "../../../../lib/core/requeue/rows-in-hand.ts";
import { deadLetterOf } from "../../../aws/fixtures.ts";
import { DOWN, REFUSED } from "../../../world/scripted-target.ts";
import { times, worldOf } from "../../../world/world.ts";

const RUN_MS = 40_000;
const HIDDEN_SECONDS = 70;
const MOST_IN_LINE = 10_000;

interface Story {
  /** How long a destination takes to answer. @default it answers at once */
  readonly latencyOf?: (destination: string) => number;
  /** What became of an event. Undefined: it was acknowledged. */
  readonly outcomeOf?: (event: OutboxEvent) => Outcome | undefined;
  readonly isUnavailable?: (destination: string) => boolean;
  readonly allFailed?: boolean;
  readonly hiddenBefore?: number;
  readonly poll?: Poll;
  readonly keys?: KeyDrains;
}

/** A drain whose target needs no probe. */
function drainWorld(story: Story = {}) {
  const { latencyOf = () => 0, outcomeOf = () => undefined, poll = "short" } = story;
  const { clock, table, deadLetters, write, requeuerProcess } = worldOf();
  const { parking, pendingDeletes, telemetry } = requeuerProcess();
  const known = new Set<string>();
  const inHand = rowsInHand();
  const late = lateDestinations(clock);
  /** The ids of each call. */
  const calls: (readonly string[])[] = [];
  const most = { atOnce: 0 };
  let atOnce = 0;

  const destinationOf = ({ destination = "default" }: { readonly destination?: string }) => destination;
  const delivery: ProbingDelivery = {
    destinationOf,
    expect: (event) => known.add(destinationOf(event)),
    isUnavailable: story.isUnavailable ?? (() => false),
    areSeveral: () => known.size > 1,
    allFailed: () => story.allFailed === true,
    async deliver(events) {
      calls.push(events.map(({ id }) => id));
      atOnce += 1;
      most.atOnce = Math.max(most.atOnce, atOnce);
      await clock.sleep(Math.max(...events.map((event) => latencyOf(destinationOf(event)))));
      atOnce -= 1;
      return events.map((event) => {
        const outcome = outcomeOf(event) ?? ({ kind: "acknowledged", event } as const);
        if (outcome.kind === "acknowledged") pendingDeletes.startDelete(destinationOf(event), event);
        return outcome;
      });
    },
  };
  const startMs = clock.now();
  const drain = drainOf({
    ...{ table, deadLetters, parking, delivery, late, inHand, pendingDeletes, clock, telemetry, poll },
    keys: story.keys,
    visibilitySeconds: HIDDEN_SECONDS,
    hiddenDeadLetters: story.hiddenBefore ?? 0,
    publishUntilMs: startMs + RUN_MS,
    endMs: startMs + RUN_MS + 10_000,
  });

  /** Rows and their dead letters. */
  function park(count: number, destination?: string, name = destination ?? "e") {
    for (const id of times(count, (index) => `${name}${index + 1}`)) {
      write({ id, ...(destination === undefined ? {} : { destination }) });
      deadLetters.put(deadLetterText(deadLetterOf({ id }), 10_000));
    }
  }
  /** How long a dead letter is still hidden, in milliseconds. Undefined: it is gone. */
  function hiddenMs(id: string): number | undefined {
    const found = deadLetters.messages.find(({ body }) => JSON.parse(body).id === id);
    return found && found.visibleAtMs - clock.now();
  }
  const round = (width = 1, othersMayCome?: boolean) => clock.run(() => drain.round(width, othersMayCome));
  /** Makes the slow destination late with ten events, and then receives ten more of it in each of so many rounds. */
  async function makeLate(moreRounds: number) {
    park(10, "slow", "a");
    park(1, "fast");
    await round(2);
    for (let more = 0; more < moreRounds; more += 1) {
      park(10, "slow", `m${more}-`);
      await round();
    }
  }
  /** A row has failed once, and its dead letter is hidden for as long as it rests. */
  function expectRest(id: string) {
    const item = table.item(keyOf(id));
    expect(item?.[MARKS.attempts]).toEqual({ N: "1" });
    const restsMs = Number(item?.[MARKS.notBefore]?.N) - clock.now();
    expect(Math.abs((hiddenMs(id) ?? 0) - restsMs)).toBeLessThan(1_500);
  }
  return {
    clock,
    startMs,
    table,
    deadLetters,
    inHand,
    late,
    telemetry,
    calls,
    most,
    drain,
    write,
    park,
    hiddenMs,
    round,
    makeLate,
    expectRest,
  };
}

const keyOf = (id: string) => ({ pk: id, sk: "1" });

describe("a round of the drain", () => {
  it("hides what it received for longer than a run, deletes what it delivered, and says what it met", async () => {
    const { park, round, hiddenMs, deadLetters, telemetry, table, clock } = drainWorld({ latencyOf: () => 10_000 });
    park(3);
    const [{ received, met, characters }, hiddenAfter5Seconds] = await Promise.all([
      round(),
      clock.sleep(5_000).then(() => hiddenMs("e1")),
    ]);
    expect({ received, met }).toEqual({ received: 3, met: 3 });
    expect(characters).toBeGreaterThan(100);
    expect(hiddenAfter5Seconds).toBeGreaterThan((HIDDEN_SECONDS - 6) * 1_000);
    expect(deadLetters.messages).toEqual([]);
    expect(table.items.size).toBe(0);
    expect(telemetry.total("EventsRequeued")).toBe(3);
    expect(telemetry.total("RequeueFailures")).toBe(0);
  });

  it("asks with short polls until dead letters come, and then with long ones", async () => {
    const { park, round, deadLetters } = drainWorld();
    await round();
    await round();
    park(1);
    await round();
    await round();
    expect(deadLetters.polls).toEqual(["short", "short", "short", "long"]);
  });

  it("takes the dead letter of an unordered event for no key's", async () => {
    const started: string[] = [];
    const start: KeyDrains["start"] = async (pk) => started.push(pk) > 0;
    const { park, round, deadLetters, calls } = drainWorld({ keys: { start, settled: async () => undefined } });
    park(1);
    deadLetters.put(deadLetterText(deadLetterOf({ id: "k/1", order: { key: "k", sequence: 1 } }), 10_000));
    expect(await round()).toMatchObject({ received: 2, met: 2 });
    expect(started).toEqual(["k"]);
    expect(calls).toEqual([["e1"]]);
  });

  it("waits for a sole destination however slow it is, unless the table may have rows for others", async () => {
    for (const [othersMayCome, tookMs] of [
      [undefined, 10_000],
      [true, PATIENCE_MS],
    ] as const) {
      const { park, round, clock, startMs, late } = drainWorld({ latencyOf: () => 10_000 });
      park(1);
      await round(1, othersMayCome);
      expect(clock.now() - startMs).toBeGreaterThanOrEqual(tookMs);
      expect(clock.now() - startMs).toBeLessThan(tookMs + 100);
      await clock.run(() => late.settled());
    }
  });

  it("leaves rows alone that other work is at: their dead letters are looked at again by the next run", async () => {
    const { park, round, inHand, hiddenMs, calls } = drainWorld();
    park(2);
    await inHand.during([keyOf("e1")], () => round());
    expect(calls).toEqual([["e2"]]);
    expect(hiddenMs("e1")).toBeGreaterThan(LOOK_AGAIN_MS - 100);
    expect(hiddenMs("e1")).toBeLessThanOrEqual(LOOK_AGAIN_MS);
  });

  it("fails where the queue does not take what became of a dead letter", async () => {
    const { park, round, deadLetters, calls } = drainWorld();
    park(1);
    deadLetters.delete = async (receipts) => {
      if (receipts.length > 0) throw new Error("The queue refuses");
    };
    await expect(round()).rejects.toThrow("The queue refuses");
    expect(calls).toEqual([["e1"]]);
  });

  it("keeps the dead letter of a row that is delivered and not deleted yet, until the table deletes it", async () => {
    const { park, round, table, hiddenMs, calls, telemetry } = drainWorld();
    park(1);
    table.failing.add("delete");
    await round();
    expect(calls).toEqual([["e1"]]);
    expect(hiddenMs("e1")).toBeGreaterThan(0);
    expect(telemetry.total("EventsRequeued")).toBe(1);
  });

  it("reads and publishes no row again whose delete is under way", async () => {
    const { park, round, table, deadLetters, calls, clock } = drainWorld();
    park(1);
    table.failing.add("delete");
    await round();
    clock.skip(HIDDEN_SECONDS * 1_000);
    table.requests.length = 0;
    expect(await round()).toMatchObject({ received: 1, met: 0, characters: 0 });
    expect(table.requests).not.toContain("readRows");
    expect(calls).toHaveLength(1);
    expect(deadLetters.messages).toHaveLength(1);
  });

  it("moves the mark of a refused event and its dead letter together", async () => {
    const failedBy = (event: OutboxEvent): Outcome | undefined =>
      event.id === "e1" ? { kind: "failed", event, failure: REFUSED, attempts: 1, firstFailureMs: 0 } : undefined;
    const { park, round, expectRest, hiddenMs, telemetry } = drainWorld({ outcomeOf: failedBy });
    park(2);
    await round();
    expectRest("e1");
    expect(hiddenMs("e2")).toBeUndefined();
    expect(telemetry.total("EventsRequeued")).toBe(1);
    expect(telemetry.total("RequeueFailures")).toBe(1);
  });

  it.each([
    ["by the next run while others take events", false, LOOK_AGAIN_MS],
    ["at once where every destination failed", true, 1_000],
  ])("has the dead letter of an event that its target failed come back %s", async (_when, allFailed, ms) => {
    const outcomeOf = (event: OutboxEvent): Outcome =>
      event.id === "e1"
        ? { kind: "breaker-open", event }
        : { kind: "failed", event, failure: DOWN, attempts: 1, firstFailureMs: 0 };
    const { park, round, table, hiddenMs } = drainWorld({ outcomeOf, allFailed });
    park(2);
    await round();
    for (const id of ["e1", "e2"]) {
      expect(hiddenMs(id)).toBeGreaterThan(ms - 100);
      expect(hiddenMs(id)).toBeLessThanOrEqual(ms);
      expect(table.item(keyOf(id))?.[MARKS.attempts]).toBeUndefined();
    }
  });

  it("hides the dead letters of resting rows until they are due, and deletes those for which there is no room", async () => {
    const { park, round, table, deadLetters, hiddenMs, clock } = drainWorld({ hiddenBefore: 50_000 - 1 });
    park(2);
    for (const id of ["e1", "e2"]) {
      const notBefore = { N: String(clock.now() + 600_000) };
      table.put({ ...table.item(keyOf(id)), [MARKS.notBefore]: notBefore, [MARKS.attempts]: { N: "1" } });
    }
    const hidden: string[] = [];
    const hide = deadLetters.hide.bind(deadLetters);
    deadLetters.hide = (some) => {
      hidden.push(...some.map(({ receipt }) => receipt));
      return hide(some);
    };
    expect(await round()).toMatchObject({ received: 2, met: 0 });
    expect(hidden).toHaveLength(1);
    expect(hiddenMs("e1")).toBeGreaterThan(598_000);
    expect(hiddenMs("e2")).toBeUndefined();
    expect(table.items.size).toBe(2);
  });

  it("lets a malformed row rest again, together with its dead letter, and delivers those beside it", async () => {
    const { park, round, expectRest, table, telemetry, calls } = drainWorld();
    park(2);
    const { source: _source, ...malformed } = table.item(keyOf("e1")) ?? {};
    table.put(malformed);
    expect(await round()).toMatchObject({ received: 2, met: 1 });
    expectRest("e1");
    expect(telemetry.total("RequeueFailures")).toBe(1);
    expect(calls).toEqual([["e2"]]);
  });

  it("reads a row once for all its dead letters, and deletes those that point to another event or to none", async () => {
    const { park, round, table, deadLetters, calls, telemetry } = drainWorld();
    park(2);
    deadLetters.put(deadLetterText(deadLetterOf({ id: "e1" }), 10_000));
    table.put({ ...table.item(keyOf("e2")), id: { S: "another" } });
    deadLetters.put(deadLetterText(deadLetterOf({ id: "gone" }), 10_000));
    const read: string[] = [];
    const readRows = table.readRows.bind(table);
    table.readRows = (keys) => {
      read.push(...keys.map(({ pk }) => pk));
      return readRows(keys);
    };
    expect(await round()).toMatchObject({ received: 4, met: 1 });
    expect(read).toEqual(["e1", "e2", "gone"]);
    expect(calls).toEqual([["e1"]]);
    expect(deadLetters.messages).toEqual([]);
    expect(telemetry.total("DuplicatesAvoided")).toBe(3);
    expect(table.items.size).toBe(1);
  });

  it("delivers what the row of a dead letter without an id holds by now", async () => {
    const { write, round, deadLetters, calls } = drainWorld();
    write({ id: "e1" });
    deadLetters.put(deadLetterText({ ...deadLetterOf({ id: "e1" }), id: undefined }, 10_000));
    expect(await round()).toMatchObject({ received: 1, met: 1 });
    expect(calls).toEqual([["e1"]]);
    expect(deadLetters.messages).toEqual([]);
  });
});

describe("the line of a late destination", () => {
  /** One destination takes ten seconds for each call, the other none. */
  const slow = { latencyOf: (destination: string) => (destination === "slow" ? 10_000 : 0) };

  it("is gone on with by works of its own, each with its next ten, while the rounds go on for others", async () => {
    const { park, round, clock, startMs, calls, late, table, deadLetters } = drainWorld(slow);
    park(10, "slow", "a");
    park(10, "fast");
    park(10, "slow", "b");
    await round(2);
    expect(clock.now() - startMs).toBeLessThan(PATIENCE_MS + 500);
    expect(late.has("slow")).toBe(true);
    await round(1);
    expect(clock.now() - startMs).toBeLessThan(PATIENCE_MS + 1_000);
    await clock.run(() => late.settled());
    expect(clock.now() - startMs).toBeLessThan(15_000);
    expect(calls.filter(([id]) => id?.startsWith("a") || id?.startsWith("b")).map((ids) => ids.length)).toEqual([
      10, 10,
    ]);
    expect(table.items.size).toBe(0);
    expect(deadLetters.messages).toEqual([]);
  });

  it("is worked on by twelve at once, as without the line", async () => {
    const { makeLate, clock, calls, most, late } = drainWorld(slow);
    await makeLate(40);
    expect(calls.filter(([id]) => id !== "fast1")).toHaveLength(12);
    await clock.run(() => late.settled());
    expect(most.atOnce).toBe(12);
    expect(new Set(calls.flat()).size).toBe(411);
    expect(calls.flat()).toHaveLength(411);
  });

  it("has one more work for each that has ended, and never more than twelve", async () => {
    let calls = 0;
    const world = drainWorld({
      latencyOf: (destination) => {
        if (destination !== "slow") return 0;
        // Of the first ten events, which share a call.
        calls += 1;
        return calls <= 10 ? 3_000 : 10_000;
      },
    });
    const { makeLate, park, round, clock, most, late, table } = world;
    /** A little later, for a work reads its rows first. */
    const begun = async () => {
      await clock.run(() => clock.sleep(100));
      return world.calls.filter(([id]) => id !== "fast1").length;
    };
    await makeLate(11);
    expect(await begun()).toBe(12);
    await clock.run(() => clock.sleep(3_000));
    for (let more = 0; more < 5; more += 1) {
      park(10, "slow", `n${more}-`);
      await round();
    }
    expect(await begun()).toBe(13);
    await clock.run(() => late.settled());
    expect(most.atOnce).toBe(12);
    expect(table.items.size).toBe(0);
  });

  it("keeps its dead letters hidden for longer than the run", async () => {
    const { makeLate, clock, late, hiddenMs } = drainWorld(slow);
    await makeLate(14);
    expect(hiddenMs("m13-1")).toBeGreaterThan(HIDDEN_SECONDS * 1_000 - 1_000);
    await clock.run(() => late.settled());
  });

  it("has ten thousand dead letters at most: those beyond are looked at again by the next run", async () => {
    const world = drainWorld({
      latencyOf: (destination) => (destination === "slow" ? Math.max(0, 5_000 - (clock.now() - startMs)) : 0),
    });
    const { makeLate, park, round, clock, startMs, late, deadLetters, table } = world;
    await makeLate(0);
    // Works take what they deliver out of the line: ten each, and there are eleven beside the first one.
    const counts = [MOST_IN_LINE / 2, MOST_IN_LINE / 2 + 110, 30];
    for (const [index, count] of counts.entries()) {
      park(count, "slow", `n${index}-`);
      await round(count / 10);
    }
    expect(clock.now() - startMs).toBeLessThan(5_000);
    const hiddenMs = deadLetters.messages.map(({ visibleAtMs }) => visibleAtMs - clock.now());
    expect(hiddenMs.filter((ms) => ms <= LOOK_AGAIN_MS)).toHaveLength(30);
    await clock.run(() => late.settled());
    expect([...table.items.values()].map((item) => item["id"]?.S)).toEqual(times(30, (index) => `n2-${index + 1}`));
  });

  it("fails the round in which the queue refuses to hide those beyond, once what the round began for others is over", async () => {
    const { makeLate, park, round, clock, late, deadLetters, table } = drainWorld({
      latencyOf: (destination) => (destination === "slow" ? 10_000 : 500),
    });
    await makeLate(0);
    park(MOST_IN_LINE + 10, "slow", "n");
    park(10, "fast", "f");
    deadLetters.hide = async () => {
      throw new Error("The queue refuses");
    };
    await expect(round((MOST_IN_LINE + 20) / 10)).rejects.toThrow("The queue refuses");
    expect(times(10, (index) => table.item(keyOf(`f${index + 1}`)))).toEqual(times(10, () => undefined));
    await clock.run(() => late.settled());
  });

  it("is left to the next run, at once, where time is over", async () => {
    const { makeLate, clock, drain, calls, late, hiddenMs, table } = drainWorld({
      latencyOf: (destination) => (destination === "slow" ? RUN_MS : 0),
    });
    await makeLate(14);
    await clock.run(() => late.settled());
    await clock.run(() => drain.end());
    expect(calls.flat()).toHaveLength(121);
    expect(table.items.size).toBe(30);
    expect(hiddenMs("m13-1")).toBeLessThanOrEqual(1_000);
  });

  it("is tried no further where its destination has failed meanwhile", async () => {
    let isUnavailable = false;
    const { makeLate, clock, calls, late } = drainWorld({
      ...slow,
      isUnavailable: (destination) => destination === "slow" && isUnavailable,
    });
    await makeLate(14);
    isUnavailable = true;
    await clock.run(() => late.settled());
    expect(calls.flat()).toHaveLength(121);
  });
});
