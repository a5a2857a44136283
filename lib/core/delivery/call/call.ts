import type { Failure } from "../../../contract/failure.ts";
import type { Acknowledged } from "../../archive/archive-lines.ts";
import { deleteConfirmed } from "../deletes/delete-confirmed.ts";
import type { Deadlines, DeliveryRun } from "../delivery-run.ts";
import { reportFailure } from "../failure-report.ts";
import { enterLimiter, type Refusal } from "../limiter/enter-limiter.ts";
import { type CallPart, type PartResult, partResults, verdictOf } from "./call-results.ts";
import { applyRetryAfter } from "./next-attempt.ts";

/**
 * One call to a target, from reserving its places to starting its deletes. It knows nothing of attempts: the caller
 * decides what follows a failure. Unordered delivery (`deliver-call.ts`) and ordered delivery
 * (`ordered/shared-calls.ts`) make their calls here.
 *
 *   admitted: the destination exists; places among the pending deletes; a place in its limiter
 *   made:     publish -> results part by part -> limiter, breaker and Retry-After learn of them -> places given back
 *   after:    the acknowledged wait for the existence check, and their rows are deleted
 */
export interface AdmittedCall {
  readonly kind: "admitted";
  /** A half-open breaker admits one event. */
  readonly isProbe: boolean;
  /** Makes the call. An admitted call must be made, and its parts hold no more events than were admitted. */
  make<Part extends CallPart>(parts: readonly Part[], gathers: boolean): Promise<MadeCall<Part>>;
}

export interface MadeCall<Part extends CallPart> {
  readonly kind: "made";
  /** In the order of the parts. */
  readonly results: readonly PartResult<Part>[];
  /**
   * Whether the acknowledgements count: resolves once the rows are on their way to be deleted, or with the reason why
   * they are not.
   */
  readonly confirmed: Promise<Failure | undefined>;
}

/**
 * Waits until a call of `places` events to a destination may be made.
 *
 * @param waiting how many events are turned away where the destination is not known to exist.
 */
export async function admitCall(
  destination: string,
  places: number,
  delivery: DeliveryRun,
  deadlines: Deadlines,
  waiting: () => number = () => places,
): Promise<AdmittedCall | Refusal> {
  const entry = await enterLimiter(destination, places, delivery, deadlines.publishUntilMs);
  if (entry.kind === "admitted") {
    const { isProbe } = entry;
    return {
      kind: "admitted",
      isProbe,
      make: (parts, gathers) => makeCall({ destination, places, isProbe, parts, gathers }, delivery, deadlines),
    };
  }
  if (entry.kind === "breaker-open" && entry.failure) reportFailure(entry.failure, waiting(), delivery.telemetry);
  return entry;
}

interface CallToMake<Part extends CallPart> {
  readonly destination: string;
  readonly places: number;
  readonly isProbe: boolean;
  readonly parts: readonly Part[];
  readonly gathers: boolean;
}

async function makeCall<Part extends CallPart>(
  { destination, places, isProbe, parts, gathers }: CallToMake<Part>,
  delivery: DeliveryRun,
  deadlines: Deadlines,
): Promise<MadeCall<Part>> {
  const { publisher, pendingDeletes, clock, telemetry } = delivery;
  const limiter = delivery.limiters.of(destination);
  const events = parts.flatMap((part) => part.events);
  pendingDeletes.release(destination, places - events.length);
  const calledAtMs = clock.now();
  const answers = await publisher.publish(destination, events, deadlines.publishUntilMs);
  const results = partResults(parts, answers, telemetry);
  for (const { part, isDoubted } of results) if (isDoubted) part.trial.doubted();
  const verdict = verdictOf(
    answers,
    parts.every(({ trial }) => trial.isSpared),
  );
  limiter.leave(isProbe && verdict === "unclear" ? "failed" : verdict, calledAtMs);
  applyRetryAfter(limiter, answers, delivery);
  const accepted = results.flatMap(acknowledgedIn);
  pendingDeletes.release(destination, events.length - accepted.length);
  const confirmed =
    accepted.length === 0 ? NOTHING_ACKNOWLEDGED : deleteConfirmed(destination, accepted, delivery, deadlines, gathers);
  return { kind: "made", results, confirmed };
}

const acknowledgedIn = ({ part, accepted, answers }: PartResult<CallPart>): readonly Acknowledged[] =>
  accepted.map((event, place) => ({ event, attempts: part.attempts, answer: answers[place] }));

const NOTHING_ACKNOWLEDGED = Promise.resolve(undefined);
