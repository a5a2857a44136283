import { afterAll, beforeAll, expect, it } from "vitest";
import { simulate } from "../../simulation/simulate.ts";

/** As many storms as the run of one mutant has time for; `npm run sim` has 100,000. */
const STORMS = 100;
/** Storms of one test: a mutant dies at the end of the first test that fails. */
const AT_ONCE = 20;

const { stackTraceLimit } = Error;
beforeAll(() => {
  // As in a campaign: services of the world refuse all the time, and nobody reads their stack traces.
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

it.each(Array.from({ length: STORMS / AT_ONCE }, (_unused, index) => index * AT_ONCE))(
  "the protocol keeps its promise in the storms after seed %d",
  async (before) => {
    for (let seed = before + 1; seed <= before + AT_ONCE; seed += 1) {
      const { violations } = await simulate({ seed });
      expect(violations, `npm run sim -- --seed ${seed} --trace`).toEqual([]);
    }
  },
);
