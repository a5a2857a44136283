import { describe, expect, it } from "vitest";
import { longestLaneOf } from "../../bench/ordered-rows.ts";
import { report } from "../../bench/report.ts";
import type { RoundResult } from "../../bench/workload.ts";

const boundMs = longestLaneOf(1_000) * 20;
const round = (relayMs: number): readonly RoundResult[] => [
  { workload: "floor", events: 1_000, ms: 100, cpuMs: 10, stubBusy: 0.1 },
  { workload: "relay-unordered", events: 1_000, ms: relayMs, cpuMs: 80, stubBusy: 0.05 },
  { workload: "relay-reread", events: 1_000, ms: 300, cpuMs: 90, stubBusy: 0.05 },
  { workload: "relay-ordered", events: 1_000, ms: 1.1 * boundMs, cpuMs: 500, stubBusy: 0.2 },
  { workload: "sequential", events: 100, ms: 2_800, cpuMs: 300, stubBusy: 0.02 },
];
const text = report([round(200), round(260), round(240)]);

describe("the benchmark's report", () => {
  it("begins each row with the ratio to the floor, median and range", () => {
    expect(text).toMatch(/^x 2\.4 \(2-2\.6\) +240 \(200-260\) +80 +5 % +relay-unordered/m);
  });

  it("says that the sequential rows are scaled, and from what", () => {
    expect(text).toMatch(/^x 280 \(280-280\) +28,000 /m);
    expect(text).toContain("100 events a round, 300 in all rounds together, which took 8,400 ms");
  });

  it("shows order per key as a ratio to the least time that its longest lane allows", () => {
    expect(text).toMatch(/^x 1\.1 \(1\.1-1\.1\) .* relay-ordered/m);
    expect(text).toContain(`the longest lane of ${longestLaneOf(1_000)} events, one in flight, x 20 ms`);
    expect(text).toContain("The aim is x 1.25 or better: the median is within it.");
  });

  it("shows the aim beside the figure", () => {
    expect(text).toContain("The aim is 350 ms for 1,000 records on one core: the median is 240 ms, under it.");
    expect(report([round(400)])).toContain("the median is 400 ms, over it.");
  });
});
