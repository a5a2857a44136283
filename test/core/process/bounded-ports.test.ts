import { describe, expect, it } from "vitest";
import type { DeadLetter } from "../../../lib/contract/dead-letter.ts";
import { callDeadlines } from "../../../lib/core/call-deadlines.ts";
import { boundedArchive, boundedKeys, boundedQueue, boundedTable } from "../../../lib/core/process/bounded-ports.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";
import { times } from "../../world/world.ts";

type Call = (...given: readonly unknown[]) => Promise<unknown>;

/** A port that answers each call with the call's name and what it was given. */
const echoing = <Port extends object>(): Port =>
  new Proxy({} as Port, {
    get:
      (_port, name): Call =>
      async (...given) => [name, ...given],
  });

/** A port whose calls all end in the same way. */
const ending = <Port extends object>(call: Call): Port => new Proxy({} as Port, { get: () => call });

const never: Call = () => new Promise(() => undefined);
const refuse: Call = () => Promise.reject(new Error("refused"));

function deadlinesAt(endInMs: number) {
  const clock = new VirtualClock();
  const deadlines = callDeadlines(clock);
  deadlines.begin(clock.now() + endInMs);
  const startMs = clock.now();
  /** How long a call that never settles is waited for. */
  const waitedMs = (call: () => Promise<unknown>) =>
    clock.run(async () => {
      await expect(call()).rejects.toThrow("did not settle by its deadline");
      return clock.now() - startMs;
    });
  return { clock, deadlines, waitedMs };
}

describe("a port whose calls have a deadline", () => {
  const { clock, deadlines } = deadlinesAt(60_000);

  it.each([
    ["table", boundedTable(echoing(), deadlines)],
    ["keys", boundedKeys(echoing(), deadlines)],
    ["queue", boundedQueue(echoing(), deadlines)],
    ["archive", boundedArchive(echoing(), deadlines, clock)],
  ])("hands on what it is asked, and the answer: %s", async (_port, bounded) => {
    for (const [name, call] of Object.entries(bounded as unknown as Readonly<Record<string, Call>>)) {
      const given = times(call.length, (place) => `${name} ${place}`);
      expect(await call(...given)).toEqual([name, ...given]);
    }
  });
});

describe("a dead-letter queue with a deadline", () => {
  it.each([
    ["refuses", refuse],
    ["never answers", never],
  ])("has taken no dead letter where it %s", async (_how, call) => {
    const { clock, deadlines } = deadlinesAt(10_000);
    const { send } = boundedQueue(ending(call), deadlines);
    const deadLetters = times(2, () => ({}) as DeadLetter);
    expect(await clock.run(() => send(deadLetters))).toEqual([false, false]);
  });
});

describe("an archive with a deadline", () => {
  it("is waited for no longer for a note than three seconds, and never beyond the end of the invocation", async () => {
    for (const [endInMs, waitMs] of [
      [60_000, 3_000],
      [1_000, 1_000],
    ] as const) {
      const { clock, deadlines, waitedMs } = deadlinesAt(endInMs);
      const { noteMissing } = boundedArchive(ending(never), deadlines, clock);
      expect(await waitedMs(() => noteMissing(0))).toBe(waitMs);
    }
  });
});
