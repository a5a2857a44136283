import { describe, expect, it } from "vitest";
import { MAX_VISIBILITY_SECONDS } from "../../../../lib/contract/settings/settings.ts";
import type { DeadLetterQueue } from "../../../../lib/core/ports.ts";
import { hiddenDeadLetters } from "../../../../lib/core/requeue/drain/hidden-dead-letters.ts";
import { times } from "../../../world/world.ts";

function hiding(hiddenBefore = 0) {
  const asked: Parameters<DeadLetterQueue["hide"]>[0][] = [];
  const queue = {
    async hide(deadLetters: Parameters<DeadLetterQueue["hide"]>[0]) {
      asked.push(deadLetters);
    },
  };
  return { asked, hidden: hiddenDeadLetters(queue, hiddenBefore) };
}

describe("hiding dead letters", () => {
  it("takes whole seconds: one at least, and 12 hours less what passed since the receive at most", async () => {
    const { hidden, asked } = hiding();
    await hidden.hide([0, -5_000, 1_001, 24 * 3_600_000].map((ms, index) => ({ receipt: `r${index}`, ms })));
    const longest = MAX_VISIBILITY_SECONDS - 300;
    expect(asked.flat().map(({ seconds }) => seconds)).toEqual([1, 1, 2, longest]);
  });

  it("asks nothing of the queue where there is none to hide", async () => {
    const { hidden, asked } = hiding();
    await hidden.hide([]);
    expect(asked).toEqual([]);
  });

  it("has room for 50,000 at once: those that were hidden before the run and those that it hides", async () => {
    const { hidden } = hiding(49_900);
    expect(hidden.room()).toBe(100);
    await hidden.hide(times(60, (index) => ({ receipt: `r${index}`, ms: 1_000 })));
    expect(hidden.room()).toBe(40);
    await hidden.hide(times(60, (index) => ({ receipt: `s${index}`, ms: 1_000 })));
    expect(hidden.room()).toBe(0);
  });
});
