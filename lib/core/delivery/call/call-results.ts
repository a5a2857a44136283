import type { OutboxEvent } from "../../../contract/event.ts";
import { type Failure, isDoubtful } from "../../../contract/failure.ts";
import { type PublishResult, type Telemetry, UNANSWERED } from "../../ports.ts";
import { reportFailure } from "../failure-report.ts";
import type { CallVerdict } from "../limiter/call-verdict.ts";
import type { Trial } from "../trials.ts";

/** Events that share their fate in a call: one alone, or neighbours of one key in an atomic batch, in their order. */
export interface CallPart {
  readonly events: readonly OutboxEvent[];
  readonly trial: Trial;
  /** Calls made for these events in this round, this one included. */
  readonly attempts: number;
}

/** The result of one call for one of its parts. */
export interface PartResult<Part extends CallPart> {
  readonly part: Part;
  /** The leading events of the part that were acknowledged. */
  readonly accepted: readonly OutboxEvent[];
  /** What the target said of each event of the part. */
  readonly answers: readonly PublishResult[];
  /** Why the next event was not acknowledged. Absent: all were. */
  readonly failure?: Failure;
  /** Nobody knows whose fault it was. */
  readonly isDoubted: boolean;
  /** Refused together with other parts: one of them is to blame, and each is tried in a call of its own. */
  readonly isSuspect: boolean;
}

/** Reads the results of a call part by part. All events of a part after its first refusal count as refused with it. */
export function partResults<Part extends CallPart>(
  parts: readonly Part[],
  results: readonly PublishResult[],
  telemetry: Telemetry,
): readonly PartResult<Part>[] {
  let place = 0;
  return parts.map((part): PartResult<Part> => {
    const { events } = part;
    const own = events.map((_event, index) => results[place + index] ?? UNANSWERED);
    place += events.length;
    const refused = own.find((result) => result.kind !== "acknowledged");
    if (refused === undefined) return { part, accepted: events, answers: own, isDoubted: false, isSuspect: false };
    const refusedAt = own.indexOf(refused);
    const { failure } = refused;
    const count = events.length - refusedAt;
    if (failure.class === "ambiguous") telemetry.count("DuplicatesPossible", count, { cause: "ambiguous-publish" });
    const isSuspect = refused.kind === "refused-together" && refusedAt === 0 && parts.length > 1;
    if (!isSuspect) reportFailure(failure, count, telemetry);
    const isDoubted = !isSuspect && isDoubtful(failure);
    return { part, accepted: events.slice(0, refusedAt), answers: own, failure, isDoubted, isSuspect };
  });
}

/**
 * What one call says about its destination. A destination that throttles, or refuses one event or one route, is alive.
 * Several events that failed together say nothing, for one of them may be the cause; nor does an event whose neighbours
 * were acknowledged since it failed.
 */
export function verdictOf(results: readonly PublishResult[], isSpared: boolean): CallVerdict {
  const failures = results.flatMap((result) =>
    result.kind === "acknowledged" || result.failure.route !== undefined ? [] : [result.failure],
  );
  if (failures.some((failure) => failure.class === "throttled")) return "throttled";
  if (failures.length < results.length || failures.some((failure) => failure.scope === "event")) return "answered";
  return failures.every(isDoubtful) && (results.length > 1 || isSpared) ? "unclear" : "failed";
}
