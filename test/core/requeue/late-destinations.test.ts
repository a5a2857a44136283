import { describe, expect, it } from "vitest";
import { lateDestinations, PATIENCE_MS } from "../../../lib/core/requeue/late-destinations.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";

function lateWorld() {
  const clock = new VirtualClock(0);
  const late = lateDestinations(clock);
  /** Work that takes so long, and then fails where an error is given. */
  const work = async (ms: number, error?: string) => {
    await clock.sleep(ms);
    if (error !== undefined) throw new Error(error);
  };
  /** When the wait for work is over. */
  const waitedMs = async (destination: string, ms: number, error?: string) => {
    const startMs = clock.now();
    await late.unlessLate(destination, work(ms, error));
    return clock.now() - startMs;
  };
  return { clock, late, work, waitedMs };
}

describe("work for a destination", () => {
  it("is waited for that is over in time, and fails as it does", async () => {
    const { clock, late, work, waitedMs } = lateWorld();
    expect(await clock.run(() => waitedMs("a", PATIENCE_MS - 1))).toBe(PATIENCE_MS - 1);
    await expect(clock.run(() => waitedMs("a", 10, "refused"))).rejects.toThrow("refused");
    await clock.run(async () => {
      await late.unlessLate("a", work(10));
      expect(late.has("a")).toBe(false);
      await late.settled();
    });
  });

  it("is waited for a second, and not at all while its destination is late, which it is until all is over", async () => {
    const { clock, late, waitedMs } = lateWorld();
    await clock.run(async () => {
      expect(await waitedMs("a", 5_000)).toBe(PATIENCE_MS);
      expect(late.has("a")).toBe(true);
      expect(late.has("b")).toBe(false);
      expect(await waitedMs("a", 8_000)).toBe(0);
      expect(await waitedMs("b", 20)).toBe(20);
      await clock.sleep(5_000);
      expect(late.has("a")).toBe(true);
      await late.settled();
    });
    expect(clock.now()).toBe(PATIENCE_MS + 8_000);
    expect(late.has("a")).toBe(false);
  });

  it("that nobody waits for makes its destination late at once", async () => {
    const { clock, late, work } = lateWorld();
    await clock.run(async () => {
      late.add("a", work(300));
      expect(late.has("a")).toBe(true);
      await late.settled();
    });
    expect(clock.now()).toBe(300);
    expect(late.has("a")).toBe(false);
  });

  it("and is late fails in the end, with the first error, once all is over", async () => {
    const { clock, late, work } = lateWorld();
    await expect(
      clock.run(async () => {
        late.add("a", work(600, "second"));
        late.add("b", work(500, "first"));
        late.add("c", work(9_000));
        await late.settled();
      }),
    ).rejects.toThrow("first");
    expect(clock.now()).toBe(9_000);
  });

  it("that is begun while late work is waited for is waited for too", async () => {
    const { clock, late, work } = lateWorld();
    await clock.run(async () => {
      late.add(
        "a",
        work(500).then(() => late.add("b", work(700))),
      );
      await late.settled();
    });
    expect(clock.now()).toBe(1_200);
  });
});
