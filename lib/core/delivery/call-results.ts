import type { OutboxEvent } from "../event.ts";
import type { PublishResult, Telemetry } from "../ports.ts";
import { type Failure, isDoubtful } from "../resilience/failure.ts";
import { UNANSWERED } from "./confirm.ts";
import type { CallVerdict } from "./destination-limiter.ts";
import { reportFailure } from "./failure-report.ts";

/** An event on its way, with the failure of its last attempt. */
export interface Pending {
  readonly event: OutboxEvent;
  readonly failure?: Failure;
  readonly firstFailureMs?: number;
}
export type FailedAttempt = Required<Pending>;

/** What one call came to, event by event. */
export interface CallResults {
  readonly accepted: readonly OutboxEvent[];
  /** Worth another attempt, and it is known whose fault it was. */
  readonly retryable: readonly FailedAttempt[];
  /** Worth another attempt, and nobody knows whose fault it was. */
  readonly doubtful: readonly FailedAttempt[];
  readonly permanent: readonly FailedAttempt[];
  /** Refused together: one of them is to blame. */
  readonly suspects: readonly OutboxEvent[];
}

export function callResults(
  sent: readonly Pending[],
  results: readonly PublishResult[],
  nowMs: number,
  telemetry: Telemetry,
): CallResults {
  const accepted: OutboxEvent[] = [];
  const retryable: FailedAttempt[] = [];
  const doubtful: FailedAttempt[] = [];
  const permanent: FailedAttempt[] = [];
  const suspects: OutboxEvent[] = [];
  for (const [index, { event, firstFailureMs = nowMs }] of sent.entries()) {
    const result = results[index] ?? UNANSWERED;
    if (result.kind === "acknowledged") {
      accepted.push(event);
      continue;
    }
    const { failure } = result;
    if (failure.class === "ambiguous") {
      telemetry.count("DuplicatesPossible", 1, { cause: "ambiguous-publish" });
    }
    if (result.kind === "refused-together" && sent.length > 1) {
      suspects.push(event);
      continue;
    }
    reportFailure(failure, 1, telemetry);
    const attempt = { event, failure, firstFailureMs };
    if (failure.class === "permanent") permanent.push(attempt);
    else (isDoubtful(failure) ? doubtful : retryable).push(attempt);
  }
  return { accepted, retryable, doubtful, permanent, suspects };
}

/**
 * What one call says of its destination: being throttled, or refusing one event or one route, is being alive. Several events that failed
 * together say nothing, for one of them may have done it; nor does one whose neighbours were acknowledged since it failed.
 */
export function verdictOf(results: readonly PublishResult[], isSpared: boolean): CallVerdict {
  const failures = results.flatMap((result) =>
    result.kind === "acknowledged" || result.failure.route !== undefined ? [] : [result.failure],
  );
  if (failures.some((failure) => failure.class === "throttled")) return "throttled";
  if (failures.length < results.length || failures.some((failure) => failure.scope === "event")) return "answered";
  return failures.every(isDoubtful) && (results.length > 1 || isSpared) ? "unclear" : "failed";
}
