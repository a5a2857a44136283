import { describe, expect, it } from "vitest";
import { campaign, thoroughCampaign, unexercised } from "./campaign.ts";
import { simulate } from "./simulate.ts";

/** A tenth of what `npm run sim` runs, which also asks whether every fault and every await point was met. */
const SEEDS = 10_000;

describe("the delivery protocol, simulated", () => {
  it(`keeps its promise in ${SEEDS} storms`, async () => {
    const summary = await campaign({ seeds: SEEDS });
    // A failure names its seed; replay it with: npm run sim -- --seed <seed> --trace
    expect(summary.failures.slice(0, 5)).toEqual([]);
    expect(summary.seeds).toBe(SEEDS);
  });

  it("ends once so many events were written as it is asked for", async () => {
    const { events, seeds } = await campaign({ seeds: 100_000, events: 2_000 });
    expect(events).toBeGreaterThanOrEqual(2_000);
    expect(seeds).toBeLessThan(2_000);
  });

  it("goes on for what no storm has met, and not for ever", async () => {
    const few = await campaign({ seeds: 40 });
    const more = await thoroughCampaign({ seeds: 40 });
    expect(unexercised(few)).not.toEqual([]);
    expect(more.seeds).toBe(60);
    expect(unexercised(more).length).toBeLessThan(unexercised(few).length);
  });

  it("is the same world for the same seed", async () => {
    const traceOf = async (seed: number) => {
      const lines: string[] = [];
      await simulate({ seed }, (line) => lines.push(line));
      return lines;
    };
    expect(await traceOf(7)).toEqual(await traceOf(7));
  });
});
