import { type Failure, isOfTarget, retryAfterOf } from "../../../contract/failure.ts";
import type { PublishResult } from "../../ports.ts";
import type { Backoff } from "../../resilience/backoff.ts";
import type { Deadlines, Delivery } from "../delivery-run.ts";
import type { DestinationLimiter } from "../limiter/destination-limiter.ts";

/** Tells the limiter that the target asked for a cooldown longer than the budget: no other call need hear it again. */
export function applyRetryAfter(
  limiter: DestinationLimiter,
  results: readonly PublishResult[],
  { backoff, clock }: Delivery,
): void {
  const rests = results.flatMap((result) =>
    result.kind !== "acknowledged" && isOfTarget(result.failure) ? [retryAfterOf(result.failure)] : [],
  );
  const restMs = Math.max(0, ...rests);
  if (restMs >= backoff.budgetMs) limiter.coolDown(clock.now() + restMs);
}

/**
 * The wait before the next attempt: at least the backoff's own, and at least what the target asked for. Undefined when
 * no attempt or no time is left. A wait that outlasts the invocation is not begun if the target asked for it.
 */
export function nextAttempt(
  backoff: Backoff,
  failures: readonly Failure[],
  startedMs: number,
  { clock, random }: Delivery,
  { publishUntilMs }: Deadlines,
): ReturnType<Backoff["next"]> {
  if (failures.length === 0) return undefined;
  const nowMs = clock.now();
  const atLeastMs = Math.max(...failures.map(retryAfterOf));
  if (atLeastMs > 0 && nowMs + atLeastMs >= publishUntilMs) return undefined;
  return backoff.next(nowMs - startedMs, random, atLeastMs);
}
