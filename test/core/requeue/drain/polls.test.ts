import { describe, expect, it } from "vitest";
import { deadLetterPolls, SHORT_POLLS } from "../../../../lib/core/requeue/drain/dead-letter-polls.ts";
import { DOWN } from "../../../world/scripted-target.ts";
import { times, worldOf } from "../../../world/world.ts";

const MINUTE_MS = 60_000;

describe("a run with nothing to do", () => {
  it("asks the queue at once, and waits a second for an answer in every fifth run", async () => {
    const { clock, requeuerProcess, deadLetters } = worldOf();
    const { invoke } = requeuerProcess();
    const tookMs: number[] = [];
    for (let run = 1; run <= 10; run += 1) {
      const startMs = clock.now();
      expect(await invoke()).toBe("completed");
      tookMs.push(clock.now() - startMs);
      clock.skip(MINUTE_MS);
    }
    const fifth = ["long", "short", "short", "short", "short"];
    expect(deadLetters.polls).toEqual([...fifth, ...fifth]);
    expect(tookMs.map((ms) => ms >= 1_000)).toEqual(deadLetters.polls.map((poll) => poll === "long"));
    expect(Math.max(...tookMs.filter((_ms, run) => deadLetters.polls[run] === "short"))).toBeLessThan(100);
  });

  it("begins with patience in every process, which knows nothing of those before it", async () => {
    const { requeuerProcess, deadLetters } = worldOf();
    for (let process = 1; process <= 3; process += 1) await requeuerProcess().invoke();
    expect(deadLetters.polls).toEqual(["long", "long", "long"]);
  });
});

/** A requeuer that has made its first run, and events that the target refused after that and would take now. */
async function parkedAfterARun(events: number) {
  const { write, relayProcess, requeuerProcess, deadLetters, table, target } = worldOf();
  const { invoke, telemetry } = requeuerProcess();
  await invoke();
  target.script = () => DOWN;
  await relayProcess().invoke(times(events, () => write()));
  target.script = () => undefined;
  return { invoke, telemetry, deadLetters, table };
}

describe("a dead letter that is there", () => {
  it("is read in the fifth run at the latest, whatever the count and short polls say", async () => {
    const { invoke, telemetry, deadLetters, table } = await parkedAfterARun(1);
    deadLetters.shy = true;
    // Too young for the sweep, so that only the dead letter points to it.
    for (let run = 1; run <= SHORT_POLLS; run += 1) await invoke();
    expect(table.items.size).toBe(1);
    await invoke();
    expect(telemetry.total("EventsRequeued")).toBe(1);
    expect(table.items.size).toBe(0);
  });

  it("and is counted is asked for with patience at once, and so are all that follow", async () => {
    const { invoke, deadLetters, table } = await parkedAfterARun(25);
    await invoke();
    expect(table.items.size).toBe(0);
    expect(new Set(deadLetters.polls)).toEqual(new Set(["long"]));
  });

  it("and comes by a short poll has the rest of the run ask with patience", async () => {
    const { invoke, deadLetters, table } = await parkedAfterARun(25);
    deadLetters.depth = async () => ({ visible: 0, hidden: 0 });
    deadLetters.polls.length = 0;
    await invoke();
    expect(table.items.size).toBe(0);
    expect(deadLetters.polls[0]).toBe("short");
    expect(new Set(deadLetters.polls.slice(1))).toEqual(new Set(["long"]));
  });
});

describe("the choice of a poll", () => {
  it("is the patient one as long as dead letters are counted, and begins to count anew after each", () => {
    const { next } = deadLetterPolls();
    expect([3, 1, 0, 0, 2, 0].map(next)).toEqual(["long", "long", "short", "short", "long", "short"]);
    expect([0, 0, 0, 0].map(next)).toEqual(["short", "short", "short", "long"]);
  });
});
