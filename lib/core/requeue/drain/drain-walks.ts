import type { Clock } from "../../ports.ts";
import { type Result, resultOf } from "../../result.ts";
import type { ProbingDelivery } from "../probing-delivery.ts";
import type { Drain } from "./drain.ts";
import { ROUNDS_AT_ONCE, widthAfter } from "./width.ts";

/**
 * Receives until a live event was tried. Resolves with whether the queue came up empty.
 *
 * @param othersMayCome the table may have rows for destinations that nobody has met in this run.
 */
export async function probeByDeadLetter(
  drain: Drain,
  delivery: ProbingDelivery,
  clock: Clock,
  untilMs: number,
  othersMayCome: boolean,
): Promise<boolean> {
  while (clock.now() < untilMs) {
    const { received, met } = await drain.round(1, othersMayCome);
    if (received === 0) return true;
    if (met > 0 || delivery.allFailed()) return false;
  }
  return false;
}

/** Runs more receives and rounds at once as long as they bring dead letters; an empty round ends the drain. */
export async function drainAll(drain: Drain, delivery: ProbingDelivery, clock: Clock, untilMs: number): Promise<void> {
  const walks: Promise<Result<void>>[] = [];
  let over = false;
  let failed: Extract<Result<void>, { readonly ok: false }> | undefined;

  async function walk(): Promise<void> {
    try {
      let width = 1;
      while (!over && clock.now() < untilMs && !delivery.allFailed()) {
        const round = await drain.round(width);
        if (round.received === 0) return;
        width = widthAfter(width, round.characters);
        if (walks.length < ROUNDS_AT_ONCE) walks.push(resultOf(walk()));
      }
    } finally {
      over = true;
    }
  }

  walks.push(resultOf(walk()));
  // A walk begins another one before it ends, so the loop misses none.
  for (const walking of walks) {
    const walked = await walking;
    if (!walked.ok) failed ??= walked;
  }
  if (failed !== undefined) throw failed.error;
}
