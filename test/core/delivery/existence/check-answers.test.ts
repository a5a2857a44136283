import { describe, expect, it } from "vitest";
import { CheckAnswers, DENIED_FOR_GOOD_MS } from "../../../../lib/core/delivery/existence/check-answers.ts";
import type { CheckAnswer, Existence } from "../../../../lib/core/ports.ts";
import { VirtualClock } from "../../../world/virtual-clock.ts";

const MEMORY_MS = 10_000;
const EVERY_MS = 3_000;
/** The first cooldown, the longest one, and the longest one while the last proof stands: eight checks in its memory. */
const COOLDOWN_MS = 100;
const LONGEST_MS = 5_000;
const LONGEST_PROVED_MS = MEMORY_MS / 8;

/** What is known of a destination whose checks are answered at once. Time passes between them as the test says. */
function answersAt(change: { readonly random?: () => number; readonly memoryMs?: number } = {}) {
  const clock = new VirtualClock();
  const parts = { clock, random: () => 1, memoryMs: MEMORY_MS, checkEveryMs: EVERY_MS, ...change };
  const answers = new CheckAnswers(parts);
  const learn = (...given: readonly CheckAnswer[]) => {
    for (const answer of given) answers.learn(answer, answers.begin());
  };
  /** How long the next check must wait. */
  const cooldownMs = () => answers.cooldownUntilMs - clock.now();
  return { clock, answers, learn, cooldownMs };
}

describe("the cooldown after a check that proves nothing", () => {
  it.each<readonly [what: string, given: readonly CheckAnswer[], cooldownMs: number]>([
    ["is short at first", ["unanswered"], COOLDOWN_MS],
    ["is short after a denial, too", ["denied"], COOLDOWN_MS],
    ["is short after the destination was found missing, too", ["missing"], COOLDOWN_MS],
    ["doubles with each that follows", Array<CheckAnswer>(4).fill("unanswered"), 8 * COOLDOWN_MS],
    ["doubles up to a few seconds", Array<CheckAnswer>(9).fill("unanswered"), LONGEST_MS],
    ["halves with each proof", ["unanswered", "unanswered", "unanswered", "exists", "denied"], 4 * COOLDOWN_MS],
    ["is as short as at first after proofs enough", ["denied", "denied", "exists", "exists", "denied"], COOLDOWN_MS],
    [
      "leaves time for eight checks before the last proof is over",
      ["exists", ...Array<CheckAnswer>(9).fill("unanswered")],
      LONGEST_PROVED_MS,
    ],
  ])("%s", (_what, given, cooldownMs) => {
    const made = answersAt();
    made.learn(...given);
    expect(made.cooldownMs()).toBe(cooldownMs);
  });

  it("leaves time for a first check where the memory is shorter than that", () => {
    const made = answersAt({ memoryMs: COOLDOWN_MS });
    made.learn("exists", "unanswered", "unanswered");
    expect(made.cooldownMs()).toBe(COOLDOWN_MS);
  });

  it("is over after a proof", () => {
    const made = answersAt();
    made.learn("unanswered", "exists");
    expect(made.cooldownMs()).toBeLessThan(0);
  });

  it.each([
    [0, COOLDOWN_MS / 2],
    [0.5, (COOLDOWN_MS * 3) / 4],
  ])("is spread over its second half, so that processes do not come back together: %s", (random, cooldownMs) => {
    const made = answersAt({ random: () => random });
    made.learn("unanswered");
    expect(made.cooldownMs()).toBe(cooldownMs);
  });
});

describe("what is acknowledged counts without another check", () => {
  it.each<readonly [what: string, afterMs: number, counts: boolean]>([
    ["as long as a proof is believed", EVERY_MS - 1, true],
    ["and no longer", EVERY_MS, false],
  ])("%s", (_what, afterMs, counts) => {
    const { clock, answers, learn } = answersAt();
    learn("exists");
    clock.skip(afterMs);
    expect(answers.confirmsNow).toBe(counts);
  });

  it.each<readonly [what: string, afterMs: number, counts: boolean]>([
    ["as long as no check may begin after one that went unanswered", COOLDOWN_MS - 1, true],
    ["and no longer than that, though the proof is young", COOLDOWN_MS, false],
  ])("%s", (_what, afterMs, counts) => {
    const { clock, answers, learn } = answersAt();
    learn("exists", "unanswered");
    clock.skip(afterMs);
    expect([answers.existence, answers.confirmsNow]).toEqual(["exists", counts]);
  });

  it("only while the destination is known to exist", () => {
    const { answers, learn } = answersAt();
    expect(answers.confirmsNow).toBe(false);
    learn("exists", "missing");
    expect(answers.confirmsNow).toBe(false);
  });
});

/** Whose answer comes, the first check's or the second one's, and what it says. */
type Come = readonly (readonly [check: 0 | 1, CheckAnswer])[];

describe("an answer that comes late", () => {
  /** Two checks begin, and these are their answers in the order in which they come. */
  const learned = (given: Come) => {
    const made = answersAt();
    const checks = [made.answers.begin(), made.answers.begin()] as const;
    for (const [check, answer] of given) made.answers.learn(answer, checks[check]);
    return made;
  };

  it.each<readonly [what: string, given: Come, existence: Existence, isDoubted: boolean]>([
    [
      "proves as much as in time",
      [
        [0, "unanswered"],
        [0, "exists"],
      ],
      "exists",
      false,
    ],
    [
      "proves nothing against a later check",
      [
        [1, "missing"],
        [0, "exists"],
      ],
      "missing",
      false,
    ],
    [
      "proves nothing against a later proof",
      [
        [1, "exists"],
        [0, "missing"],
      ],
      "exists",
      false,
    ],
    [
      "proves nothing against a later denial",
      [
        [1, "denied"],
        [0, "exists"],
      ],
      "unknown",
      false,
    ],
    [
      "denies nothing that was proved later",
      [
        [1, "exists"],
        [0, "denied"],
      ],
      "exists",
      false,
    ],
    [
      "is no reason for doubt in a later proof",
      [
        [1, "exists"],
        [0, "unanswered"],
      ],
      "exists",
      false,
    ],
    [
      "leaves the doubt of a later check",
      [
        [1, "unanswered"],
        [0, "exists"],
      ],
      "exists",
      true,
    ],
  ])("%s", (_what, given, existence, isDoubted) => {
    const { answers } = learned(given);
    expect([answers.existence, answers.isDoubted]).toEqual([existence, isDoubted]);
  });

  it("does not end a time of denials that began with a later check", () => {
    const { clock, answers } = learned([
      [1, "denied"],
      [0, "exists"],
    ]);
    clock.skip(DENIED_FOR_GOOD_MS);
    expect(answers.existence).toBe("denied");
  });
});

describe("checks that are denied", () => {
  it("are given up after a minute", () => {
    const { clock, answers, learn } = answersAt();
    learn("denied");
    clock.skip(DENIED_FOR_GOOD_MS - 1);
    learn("denied");
    expect(answers.existence).toBe("unknown");
    clock.skip(1);
    expect(answers.existence).toBe("denied");
  });

  it("have a minute anew once a check was allowed meanwhile", () => {
    const { clock, answers, learn } = answersAt();
    learn("denied");
    clock.skip(DENIED_FOR_GOOD_MS);
    learn("exists", "denied");
    expect(answers.existence).toBe("unknown");
    clock.skip(DENIED_FOR_GOOD_MS);
    expect(answers.existence).toBe("denied");
  });

  it("are never given up where none was denied", () => {
    const { clock, answers, learn } = answersAt();
    learn("unanswered");
    clock.skip(DENIED_FOR_GOOD_MS);
    expect(answers.existence).toBe("unknown");
  });
});
