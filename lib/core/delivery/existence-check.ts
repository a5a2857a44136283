import type { Clock, Existence } from "../ports.ts";

/**
 * Answers whether a destination exists, by looks that all who wait share.
 *
 * A look answers only for calls made before it began: one already in flight may have asked before the destination went
 * away, so whoever comes now waits for the next one. At most one look is in flight and one waits, which begins a moment later
 * than it could: answers of a target come in swarms, and who comes just too late for one look waits for two.
 *
 * A look that proves nothing leaves the last answer standing. Mostly it was throttled, for all processes of an account share
 * its looks: so none follows for a while, in which a destination that was there counts as there still. That while doubles with
 * each look that proves nothing and halves with each that does, so that many processes find the rate that serves all. One that
 * was missing is looked for again at once: to call it missing from memory would park what it took since it came back. Before
 * the first proof there is no answer to stand, and a failure would park what was acknowledged: the look is repeated a few
 * times first.
 *
 * @param look is told when the running invocation must have its answer, in epoch milliseconds.
 */
export function existenceCheck(
  look: (untilMs: number) => Promise<Existence>,
  clock: Clock,
  onUnknown: () => void,
): (untilMs: number) => Promise<Existence> {
  let last: Existence = "unknown";
  /** When the next look may begin, by the average rate; it lies in the past where looks were saved up. */
  let dueAtMs = Number.NEGATIVE_INFINITY;
  let inFlight: Promise<Existence> | undefined;
  let waiting: Promise<Existence> | undefined;
  /** How long no look follows the last one, and until when that is. */
  let restMs = 0;
  let restUntilMs = Number.NEGATIVE_INFINITY;
  /** When the running invocation must have its answer. All who wait for a look belong to it. */
  let answerByMs = Number.POSITIVE_INFINITY;

  async function begin(previous: Promise<Existence> | undefined): Promise<Existence> {
    await previous;
    dueAtMs = Math.max(dueAtMs, clock.now() - SAVED_LOOKS * LOOK_INTERVAL_MS);
    const beginAtMs = Math.max(dueAtMs, previous === undefined ? 0 : clock.now() + GATHER_MS);
    if (beginAtMs > clock.now()) await clock.sleep(beginAtMs - clock.now());
    // From here on a newcomer must wait for the look after this one.
    inFlight = waiting;
    waiting = undefined;
    dueAtMs += LOOK_INTERVAL_MS;
    await lookOnce();
    for (let looks = 1; last === "unknown" && looks < FIRST_LOOKS && restUntilMs < answerByMs; looks += 1) {
      await clock.sleep(restUntilMs - clock.now());
      await lookOnce();
    }
    inFlight = undefined;
    return last;
  }

  async function lookOnce(): Promise<void> {
    const answer = await look(answerByMs);
    if (answer === "unknown") {
      onUnknown();
      restMs = Math.min(MAX_REST_MS, Math.max(REST_MS, 2 * restMs));
    } else {
      last = answer;
      restMs = restMs > REST_MS ? restMs / 2 : 0;
    }
    restUntilMs = clock.now() + restMs;
  }

  return (untilMs) => {
    answerByMs = untilMs;
    if (last === "exists" && clock.now() < restUntilMs) return Promise.resolve(last);
    waiting ??= begin(inFlight);
    return waiting;
  };
}

/** Keeps one process within 20 looks a second on average; services allow some 50 a second for a whole account. */
export const LOOK_INTERVAL_MS = 50;
/** Looks that a quiet process has in hand, so that a single batch need not wait. */
export const SAVED_LOOKS = 4;
/** So much later than it could, a look that follows another one begins. */
export const GATHER_MS = 5;
/** No look for so long after the first one that proved nothing. */
export const REST_MS = 100;
export const MAX_REST_MS = 5_000;
/** Looks before the first proof: some eleven seconds' worth, where the invocation has as long. */
export const FIRST_LOOKS = 8;
