import { describe, expect, it } from "vitest";
import { callDeadlines, DeadlineExceeded } from "../../../lib/core/call-deadlines.ts";
import type { StreamRecord } from "../../../lib/core/stream-record.ts";
import { DOWN } from "../../world/scripted-target.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";
import { TIMEOUT_MS, times, type WorldOptions, worldOf } from "../../world/world.ts";

const PUBLISH_MS = TIMEOUT_MS - 6_000;
const RELAY_MS = TIMEOUT_MS - 1_000;
const RUN_MS = TIMEOUT_MS - 5_000;
/** What may come after the end of the work: the lease is given back. */
const RELEASE_MS = 1_000;

const ORDERED: WorldOptions = { settings: { ordering: "per-key" } };
const STRICT: WorldOptions = { settings: { ordering: "strict" } };
const TABLE_CALLS = ["deleteRows", "readRows", "mark", "markSeen", "scan", "count"].map((name) => `table.${name}`);
const KEY_CALLS = [
  ...["read", "highest", "readParkedKey", "touch", "park", "acquire", "release", "close", "presence"],
].map((name) => `keys.${name}`);
const QUEUE_CALLS = ["send", "receive", "delete", "hide", "depth"].map((name) => `queue.${name}`);

/** A world with a backlog in which each port has something to do: some events are refused, some keys are parked. */
function worldAtWork(options: WorldOptions = {}) {
  const world = worldOf(options);
  const { clock, write, target } = world;
  target.script = ({ id }) =>
    id === "e2" || id === "e5" ? { ...DOWN, scope: "event", class: "permanent" } : undefined;
  const isOrdered = options.settings?.ordering !== undefined;
  let written = 0;
  const next = (): StreamRecord => {
    written += 1;
    const place = written - 1;
    return isOrdered ? write({ order: { key: `k${place % 4}`, sequence: 1 + Math.floor(place / 4) } }) : write();
  };
  const batch = (): readonly StreamRecord[] => times(12, next);
  const undelivered = () => {
    const delivered = new Set(target.delivered);
    return times(24, (index) => `e${index + 1}`).filter((id) => !delivered.has(id));
  };
  const rowsLeft = () =>
    [...world.table.items.values()].flatMap((item) => (item["id"]?.S === undefined ? [] : [item["id"].S]));
  const took = async (work: () => Promise<unknown>) => {
    const startMs = clock.now();
    // The run may fail by the port's refusal. It may not wait for ever, which the virtual clock would find out.
    await work().catch((error: unknown) => expect(String(error)).not.toContain("All of it waits"));
    return clock.now() - startMs;
  };
  return { ...world, batch, undelivered, rowsLeft, took };
}

type World = ReturnType<typeof worldAtWork>;

/** No event is lost: the row of an undelivered event is in the table. */
function expectNothingLost({ undelivered, rowsLeft }: World, written: number): void {
  const left = new Set(rowsLeft());
  for (const id of undelivered()) if (Number(id.slice(1)) <= written) expect(left).toContain(id);
}

describe.each<[string, WorldOptions, readonly string[]]>([
  ["unordered", {}, [...TABLE_CALLS, ...QUEUE_CALLS]],
  ["in order", ORDERED, [...TABLE_CALLS, ...KEY_CALLS, ...QUEUE_CALLS]],
  ["in strict order", STRICT, ["keys.presence", "keys.read", "table.deleteRows"]],
])("where a call never settles, %s", (_name, options, calls) => {
  it.each(calls)("the relay answers in time, and a later one delivers the rest: %s", async (call) => {
    const world = worldAtWork(options);
    const { relayProcess, requeuerProcess, clock, batch, hangs, took, target } = world;
    const { invoke } = relayProcess();
    const first = batch();
    await invoke(first);
    clock.skip(10_000);
    hangs.add(call);
    const second = batch();
    expect(await took(() => invoke([...first, ...second]))).toBeLessThanOrEqual(RELAY_MS);
    expectNothingLost(world, 24);
    hangs.clear();
    target.script = () => undefined;
    const { invoke: requeue } = requeuerProcess();
    for (let run = 0; run < 4; run += 1) {
      clock.skip(3_600_000);
      await requeue();
    }
    expect(world.undelivered()).toEqual([]);
    expect(world.rowsLeft()).toEqual([]);
  });

  it.each([...calls, "table.acquireLease", "table.releaseLease"])(
    "a run of the requeuer ends in time, and later ones deliver the rest: %s",
    async (call) => {
      const world = worldAtWork(options);
      const { relayProcess, requeuerProcess, clock, batch, hangs, took, target } = world;
      await relayProcess().invoke(batch());
      batch();
      clock.skip(3_600_000);
      hangs.add(call);
      const { invoke } = requeuerProcess();
      expect(await took(() => invoke())).toBeLessThanOrEqual(RUN_MS + RELEASE_MS);
      expectNothingLost(world, 24);
      hangs.clear();
      target.script = () => undefined;
      for (let run = 0; run < 4; run += 1) {
        clock.skip(3_600_000);
        await invoke();
      }
      expect(world.undelivered()).toEqual([]);
      expect(world.rowsLeft()).toEqual([]);
    },
  );
});

describe.each<[string, WorldOptions]>([
  ["unordered", {}],
  ["in order", ORDERED],
])("where the target never answers, %s", (_name, options) => {
  it.each(["target.publish", "target.check"])("the relay parks in time: %s", async (call) => {
    const world = worldAtWork(options);
    const { relayProcess, clock, batch, hangs, took } = world;
    hangs.add(call);
    const { invoke, telemetry, pendingDeletes } = relayProcess();
    const untilMs = call === "target.publish" ? PUBLISH_MS + 1_000 : RELAY_MS;
    expect(await took(() => invoke(batch()))).toBeLessThanOrEqual(untilMs);
    expectNothingLost(world, 12);
    expect(world.rowsLeft()).toHaveLength(12);
    if (call === "target.publish") {
      expect(telemetry.total("DuplicatesPossible", "ambiguous-publish")).toBeGreaterThanOrEqual(1);
    }
    // Every reserved place was given back: all of them can be taken at once.
    hangs.clear();
    expect(await clock.run(() => pendingDeletes.reserve("default", 1_000, clock.now() + 1_000))).toBe(true);
    pendingDeletes.release("default", 1_000);
    // And so was every place in the limiter.
    world.target.script = () => undefined;
    clock.skip(120_000);
    const before = world.target.delivered.length;
    for (const count of [1, 12]) await invoke(times(count, () => world.write()));
    expect(world.target.delivered).toHaveLength(before + 13);
  });

  it.each(["target.publish", "target.check"])("a run's probe ends in time: %s", async (call) => {
    const world = worldAtWork(options);
    const { requeuerProcess, clock, batch, hangs, took } = world;
    batch();
    clock.skip(3_600_000);
    hangs.add(call);
    const { invoke } = requeuerProcess();
    expect(await took(() => invoke())).toBeLessThanOrEqual(RUN_MS + RELEASE_MS);
    expect(world.rowsLeft()).toHaveLength(12);
    hangs.clear();
    world.target.script = () => undefined;
    for (let run = 0; run < 3; run += 1) {
      clock.skip(3_600_000);
      await invoke();
    }
    expect(world.rowsLeft()).toEqual([]);
  });
});

describe("a rate that lets few events pass", () => {
  it("does not hold a run past its end", async () => {
    const world = worldAtWork({ settings: { maxDrainRate: 1 } });
    const { requeuerProcess, clock, write, took } = world;
    times(300, () => write());
    clock.skip(3_600_000);
    const { invoke } = requeuerProcess();
    expect(await took(() => invoke())).toBeLessThanOrEqual(RUN_MS);
  });
});

describe("the deadline of calls", () => {
  const never = () => new Promise<string>(() => undefined);

  it("ends each at its own time, in whatever order they came, by one timer", async () => {
    const clock = new VirtualClock();
    const calls = callDeadlines(clock);
    const startMs = clock.now();
    const ended: number[] = [];
    const racing = (afterMs: number) =>
      calls.race("a call", never, startMs + afterMs).catch((error: unknown) => {
        expect(error).toBeInstanceOf(DeadlineExceeded);
        ended.push(clock.now() - startMs);
      });
    await clock.run(() => Promise.all([5_000, 300, 4_999, 20, 300].map(racing)));
    expect(ended).toEqual([20, 300, 300, 4_999, 5_000]);
  });

  it("hands on what comes in time, and ignores what comes later", async () => {
    const clock = new VirtualClock();
    const calls = callDeadlines(clock);
    const later = async (ms: number, fails = false) => {
      await clock.sleep(ms);
      if (fails) throw new Error("refused");
      return ms;
    };
    const untilMs = clock.now() + 100;
    expect(await clock.run(() => calls.race("a call", () => later(50), untilMs))).toBe(50);
    await expect(clock.run(() => calls.race("a call", () => later(10, true), untilMs))).rejects.toThrow("refused");
    await expect(clock.run(() => calls.race("a call", () => later(500), untilMs))).rejects.toThrow(DeadlineExceeded);
    await expect(clock.run(() => calls.race("a call", () => later(50, true), clock.now() + 10))).rejects.toThrow(
      DeadlineExceeded,
    );
    await clock.run(() => clock.sleep(1_000));
  });

  it("begins nothing after its time", async () => {
    const clock = new VirtualClock();
    let begun = 0;
    const work = async () => {
      begun += 1;
    };
    await expect(callDeadlines(clock).race("a call", work, clock.now())).rejects.toThrow("a call");
    expect(begun).toBe(0);
  });
});
