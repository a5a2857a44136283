import { describe, expect, it } from "vitest";
import { MOST_DESTINATIONS, NOTHING_TO_CHECK } from "../../../../lib/core/delivery/existence/existences.ts";
import { type LimiterMemories, limitersWith } from "../../../../lib/core/delivery/limiter/destination-limiters.ts";
import { relayLimiter, requeuerLimiter } from "../../../../lib/core/delivery/limiter/limiter-settings.ts";
import { VirtualClock } from "../../../world/virtual-clock.ts";

const CONCURRENCY = 8;
const SETTINGS = { relay: relayLimiter(CONCURRENCY), requeuer: requeuerLimiter(CONCURRENCY) };

/** Makes the limiters of a process, which tell whose existence is to be proved anew. */
function limitersOf(role: keyof typeof SETTINGS, memories?: LimiterMemories) {
  const clock = new VirtualClock(0);
  const renewed: string[] = [];
  const of = (destination: string) => ({ ...NOTHING_TO_CHECK, renew: () => void renewed.push(destination) });
  return { clock, renewed, limiters: limitersWith(SETTINGS[role], clock, { of }, memories) };
}

describe("the limiters of a process", () => {
  it("are one for each destination, the same each time", () => {
    const { limiters } = limitersOf("relay");
    const limiter = limiters.of("a");
    expect(limiters.of("a")).toBe(limiter);
    expect(limiters.of("b")).not.toBe(limiter);
  });

  it("are those of the destinations met last, for rows name destinations freely", () => {
    const { limiters } = limitersOf("relay");
    const [first, second] = ["first", "second"].map((destination) => limiters.of(destination));
    for (let met = 2; met <= MOST_DESTINATIONS; met += 1) limiters.of(`d${met}`);
    expect(limiters.of("second")).toBe(second);
    expect(limiters.of("first")).not.toBe(first);
  });

  it("tell whether any destination is kept from calls", () => {
    const { limiters } = limitersOf("relay");
    expect(limiters.anyOpen()).toBe(false);
    const [sick] = ["sick", "well"].map((destination) => limiters.of(destination));
    expect(limiters.anyOpen()).toBe(false);
    sick?.trip();
    expect(limiters.anyOpen()).toBe(true);
  });

  it("remember from run to run how long a destination asked to be left alone, and no other", () => {
    const memories: LimiterMemories = new Map();
    limitersOf("requeuer", memories).limiters.of("a").coolDown(1_000);
    const { limiters } = limitersOf("requeuer", memories);
    expect(limiters.of("a").breaker).toMatchObject({ kind: "open", untilMs: 1_000 });
    expect(limiters.of("b").breaker.kind).toBe("closed");
  });
});

describe("a limiter as it is made", () => {
  it("is as wide as it may be in the relay, which goes by what its process knows of the destination", () => {
    const { limiters, renewed } = limitersOf("relay");
    expect(limiters.of("a").widthNow).toBe(CONCURRENCY);
    expect(renewed).toEqual([]);
  });

  it("lets one call in by each run of the requeuer, which has the destination's existence proved anew", () => {
    const { limiters, renewed } = limitersOf("requeuer");
    for (const destination of ["a", "b", "a"]) expect(limiters.of(destination).widthNow).toBe(1);
    expect(renewed).toEqual(["a", "b"]);
  });
});
