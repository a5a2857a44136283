import type { Clock, Existence } from "../ports.ts";

/**
 * Answers whether a destination exists, by looks that all who wait share.
 *
 * A look answers only for calls made before it began: one already in flight may have asked before the destination went
 * away, so whoever comes now waits for the next one. At most one look is in flight and one waits. A look that proves
 * nothing leaves the last answer standing; before the first proof that is `unknown`.
 */
export function existenceCheck(
  look: () => Promise<Existence>,
  clock: Clock,
  onUnknown: () => void,
): () => Promise<Existence> {
  let last: Existence = "unknown";
  /** When the next look may begin, by the average rate; it lies in the past where looks were saved up. */
  let dueAtMs = Number.NEGATIVE_INFINITY;
  let inFlight: Promise<Existence> | undefined;
  let waiting: Promise<Existence> | undefined;

  async function begin(previous: Promise<Existence> | undefined): Promise<Existence> {
    await previous;
    dueAtMs = Math.max(dueAtMs, clock.now() - SAVED_LOOKS * LOOK_INTERVAL_MS);
    if (dueAtMs > clock.now()) await clock.sleep(dueAtMs - clock.now());
    // From here on a newcomer must wait for the look after this one.
    inFlight = waiting;
    waiting = undefined;
    dueAtMs += LOOK_INTERVAL_MS;
    const answer = await look();
    inFlight = undefined;
    if (answer === "unknown") onUnknown();
    else last = answer;
    return last;
  }

  return () => {
    waiting ??= begin(inFlight);
    return waiting;
  };
}

/** Keeps one process within 20 looks a second on average; services allow some 50 a second for a whole account. */
export const LOOK_INTERVAL_MS = 50;
/** Looks that a quiet process has in hand, so that a single batch need not wait. */
export const SAVED_LOOKS = 4;
