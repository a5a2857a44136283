import { describe, expect, it } from "vitest";
import { Heartbeats } from "./requeuing.ts";

type Ended = Parameters<Heartbeats["ended"]>[0];
const run = (told: number, change: Partial<Ended> = {}): Ended => ({ isWhole: true, killed: false, told, ...change });

const silentIn = (runs: readonly Ended[]) => {
  const heartbeats = new Heartbeats();
  for (const each of runs) heartbeats.ended(each);
  return heartbeats.silent;
};

describe("the soak's count of heartbeats", () => {
  it("asks one of each run that came to its end", () => {
    expect(silentIn([run(1), run(0, { isWhole: false }), run(1)])).toBe(0);
    expect(silentIn([run(0), run(0), run(0)])).toBe(2);
    expect(silentIn([run(1), run(0), run(1), run(0), run(1)])).toBe(1);
  });

  it("waits for one that is written down with the next run", () => {
    expect(silentIn([run(0), run(2), run(0), run(1), run(0, { isWhole: false }), run(1, { isWhole: false })])).toBe(0);
  });

  it("asks none of a process that was killed before its output was read", () => {
    expect(silentIn([run(0), run(0, { isWhole: false, killed: true }), run(1), run(1)])).toBe(0);
  });

  it("keeps none of a run that failed after it told one for a later run", () => {
    expect(silentIn([run(1, { isWhole: false }), run(0), run(0)])).toBe(1);
  });
});
