import type { OutboxEvent } from "../../../contract/event.ts";
import { type Failure, isDoubtful, isOfTarget, ownFault } from "../../../contract/failure.ts";
import { type Backoff, backoffFrom } from "../../resilience/backoff.ts";
import { isSpentProbe, triesAlone, WHOLE_ATTEMPTS } from "../../resilience/fault-attribution.ts";
import type { Deadlines, DeliveryRun } from "../delivery-run.ts";
import type { Refusal } from "../limiter/enter-limiter.ts";
import { type FailedAttempt, failedOutcome, type Outcome, type Pending, undecidedOutcome } from "../outcome.ts";
import type { Trial } from "../trials.ts";
import { admitCall } from "./call.ts";
import { byRoute, routeFailed } from "./closed-routes.ts";
import { nextAttempt } from "./next-attempt.ts";
import { oversized } from "./oversized.ts";

/** A call to one destination. */
export interface Call {
  readonly destination: string;
  readonly pending: readonly Pending[];
  readonly trial: Trial;
  readonly backoff: Backoff;
  /** Epoch milliseconds: when the first attempt began, or that of the call it was part of. */
  readonly startedMs: number;
  /** Epoch milliseconds: the call is not made before this. @default at once */
  readonly dueMs?: number;
  /** Was part of a call that failed, and now goes alone. @default false */
  readonly isAlone?: boolean;
}

/**
 * Makes one call and its attempts; each attempt holds only the entries still worth one. A call that failed, nobody
 * knows by whose fault, is repeated whole once; then each of its events goes alone. Every event gets exactly one
 * outcome.
 */
export async function deliverCall(
  call: Call,
  delivery: DeliveryRun,
  deadlines: Deadlines,
): Promise<readonly Outcome[]> {
  const { trial, destination, startedMs } = call;
  const { clock, telemetry } = delivery;
  const outcomes: Outcome[] = [];
  const confirmed: Promise<readonly Outcome[]>[] = [];
  const deferred: Promise<readonly Outcome[]>[] = [];
  let { pending, backoff, dueMs = 0 } = call;
  const over = delivery.limiters.of(destination).existence.work();

  for (let tries = 1; ; tries += 1) {
    const { open, closed } = byRoute(pending, destination, delivery);
    outcomes.push(...closed.map((each) => notCalled(each, { kind: "breaker-open" }, backoff, delivery)));
    pending = open;
    if (pending.length === 0) break;
    const made = await attempt(pending, dueMs, { ...call, backoff }, delivery, deadlines);
    if (made.kind !== "made") {
      outcomes.push(...pending.map((each) => notCalled(each, made, backoff, delivery)));
      break;
    }
    const { accepted, retryable, doubtful, permanent, suspects, unsent } = made;
    confirmed.push(acknowledged(accepted, made.confirmed, backoff, delivery));
    deferred.push(
      ...suspects.map((event) => {
        const alone = { destination, pending: [{ event }], trial: trial.alone(), startedMs: clock.now() };
        return deliverCall({ ...alone, backoff: backoffFrom(delivery.backoff) }, delivery, deadlines);
      }),
    );
    outcomes.push(...permanent.map((each) => exhausted(each, backoff, delivery)));

    const sent = pending.length - unsent.length;
    const failures = [...retryable, ...doubtful].map(({ failure }) => failure);
    const spent = isSpent(call, tries, failures, delivery);
    const next = spent ? undefined : nextAttempt(backoff, failures, startedMs, delivery, deadlines);
    dueMs = clock.now() + (next?.waitMs ?? 0);
    pending = [...retryable, ...doubtful, ...unsent];
    if (sent > 1 && doubtful.length > 0 && (next === undefined || backoff.attempts >= WHOLE_ATTEMPTS)) {
      const after = next?.backoff ?? backoff.once();
      for (const each of doubtful) {
        const alone = { destination, pending: [each], trial: trial.alone(), backoff: after, startedMs, dueMs };
        deferred.push(deliverCall({ ...alone, isAlone: true }, delivery, deadlines));
      }
      telemetry.count("PublishRetries", doubtful.length);
      pending = [...retryable, ...unsent];
    } else if (next === undefined) {
      deferred.push(...doubtful.map((each) => judged(each, call, backoff.attempts, delivery)));
    }
    if (next === undefined) {
      for (const each of retryable) {
        if (each.failure.route === undefined) outcomes.push(exhausted(each, backoff, delivery));
        else deferred.push(lost(each, each.failure.route, call, backoff, delivery));
      }
      pending = unsent;
      continue;
    }
    telemetry.count("PublishRetries", pending.length - unsent.length);
    backoff = next.backoff;
  }
  over();
  // An acknowledgement speaks for the target only once the destination is known to exist.
  outcomes.push(...(await Promise.all(confirmed)).flat());
  if (trial.isProbe && outcomes.some(isKeptOut)) delivery.trials.of(destination).fail();
  trial.end();
  return outcomes.concat(...(await Promise.all(deferred)));
}

/** The requeuer's first call to a destination in its run: one event alone, in one attempt, when its trial allows. */
export async function deliverProbe(
  destination: string,
  event: OutboxEvent,
  trial: Trial,
  delivery: DeliveryRun,
  deadlines: Deadlines,
): Promise<readonly Outcome[]> {
  const oversize = oversized(event, delivery);
  if (oversize !== undefined) {
    trial.end();
    return [oversize];
  }
  const startedMs = delivery.clock.now();
  const call = { destination, pending: [{ event }], trial, backoff: backoffFrom(delivery.backoff), startedMs };
  return deliverCall(call, delivery, deadlines);
}

/** The target said so itself, or asked earlier to be left alone. */
const isKeptOut = (outcome: Outcome): boolean =>
  outcome.kind === "breaker-open" || (outcome.kind === "failed" && isOfTarget(outcome.failure));

/** The outcome of an event whose route failed for as long as it was tried. */
async function lost(
  attempt: FailedAttempt,
  route: string,
  { destination, trial }: Call,
  backoff: Backoff,
  delivery: DeliveryRun,
): Promise<readonly Outcome[]> {
  await routeFailed(route, attempt.failure, destination, trial, delivery);
  return [exhausted(attempt, backoff, delivery)];
}

/** The result of one attempt, event by event. */
interface AttemptMade {
  readonly kind: "made";
  readonly accepted: readonly OutboxEvent[];
  readonly confirmed: Promise<Failure | undefined>;
  /** Worth another attempt, and it is known whose fault the failure was. */
  readonly retryable: readonly FailedAttempt[];
  /** Worth another attempt, but nobody knows whose fault the failure was. */
  readonly doubtful: readonly FailedAttempt[];
  readonly permanent: readonly FailedAttempt[];
  /** Refused together: one of them is to blame. */
  readonly suspects: readonly OutboxEvent[];
  /** Left for later: the call was a probe of one event. */
  readonly unsent: readonly Pending[];
}

/** One attempt, once it is due, and trial and limiter allow it. */
async function attempt(
  pending: readonly Pending[],
  dueMs: number,
  { destination, trial, backoff }: Call,
  delivery: DeliveryRun,
  deadlines: Deadlines,
): Promise<AttemptMade | Refusal> {
  const { clock, limiters } = delivery;
  // The turn is taken first, so that an event which failed earlier is not overtaken while it waits out its backoff.
  let turn = await trial.turn();
  const waitMs = Math.min(dueMs, deadlines.publishUntilMs) - clock.now();
  if (turn === "go" && waitMs > 0) {
    await clock.sleep(waitMs);
    turn = await trial.turn();
  }
  if (turn === "target") return { kind: "breaker-open" };

  const call = await admitCall(destination, pending.length, delivery, deadlines);
  if (call.kind !== "admitted") return call;
  const sent = call.isProbe ? pending.slice(0, 1) : pending;
  const { attempts } = backoff;
  const parts = sent.map((each) => ({ ...each, events: [each.event], trial, attempts }));
  // In a limiter that starts anew, acknowledgements do not wait for others.
  const { results, confirmed } = await call.make(parts, !limiters.of(destination).settings.anew);
  const accepted: OutboxEvent[] = [];
  const retryable: FailedAttempt[] = [];
  const doubtful: FailedAttempt[] = [];
  const permanent: FailedAttempt[] = [];
  const suspects: OutboxEvent[] = [];
  const nowMs = clock.now();
  for (const { part, failure, isDoubted, isSuspect } of results) {
    const { event, firstFailureMs = nowMs } = part;
    if (failure === undefined) accepted.push(event);
    else if (isSuspect) suspects.push(event);
    else {
      const failed = { event, failure, firstFailureMs };
      if (failure.class === "permanent") permanent.push(failed);
      else (isDoubted ? doubtful : retryable).push(failed);
    }
  }
  const unsent = pending.slice(sent.length);
  return { kind: "made", accepted, confirmed, retryable, doubtful, permanent, suspects, unsent };
}

/** The outcome of acknowledged events, once it is known whether the acknowledgements count. */
async function acknowledged(
  events: readonly OutboxEvent[],
  confirmed: Promise<Failure | undefined>,
  { attempts }: Backoff,
  delivery: DeliveryRun,
): Promise<readonly Outcome[]> {
  const failure = await confirmed;
  return events.map((event) =>
    failure === undefined ? { kind: "acknowledged", event } : failedOutcome({ event }, failure, attempts, delivery),
  );
}

/** Whether an event that went alone has used all attempts that its trial gives it, whatever its backoff says. */
function isSpent(
  { trial, isAlone = false }: Call,
  tries: number,
  failures: readonly Failure[],
  { backoff }: DeliveryRun,
): boolean {
  if (trial.isProbe) {
    return failures.every(isSpentProbe);
  }
  return isAlone && failures.every(isDoubtful) && !trial.isSpared && tries >= triesAlone(backoff.attempts);
}

/** The outcome of an event that failed alone, once it is known who is to blame. */
async function judged(
  attempt: FailedAttempt,
  { destination, trial }: Call,
  attempts: number,
  delivery: DeliveryRun,
): Promise<readonly Outcome[]> {
  const blame = await trial.alone().failedAlone(attempt.event.id);
  if (blame === "target") delivery.limiters.of(destination).trip();
  const failure = blame === "event" ? ownFault(attempt.failure) : attempt.failure;
  const outcome = failedOutcome(attempt, failure, attempts, delivery);
  return [blame === "undecided" ? undecidedOutcome(outcome, delivery) : outcome];
}

function notCalled(pending: Pending, entry: Refusal, backoff: Backoff, delivery: DeliveryRun): Outcome {
  const { event, failure } = pending;
  if (failure !== undefined) {
    return failedOutcome(pending, failure, backoff.attempts - 1, delivery);
  }
  return { ...entry, event };
}

const exhausted = (attempt: FailedAttempt, backoff: Backoff, delivery: DeliveryRun): Outcome =>
  failedOutcome(attempt, attempt.failure, backoff.attempts, delivery);
