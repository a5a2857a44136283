import type { OutboxEvent } from "../../contract/event.ts";
import { type Failure, isDoubtful, ownFault } from "../../contract/failure.ts";
import { routeFailed } from "../delivery/call/closed-routes.ts";
import { nextAttempt } from "../delivery/call/next-attempt.ts";
import type { Deadlines, DeliveryRun } from "../delivery/delivery-run.ts";
import { reportFailure } from "../delivery/failure-report.ts";
import { type FailedOutcome, failedOutcome, type Undelivered, undecidedOutcome } from "../delivery/outcome.ts";
import type { Trial } from "../delivery/trials.ts";
import { type Backoff, backoffFrom } from "../resilience/backoff.ts";
import { isSpentProbe, triesAlone, WHOLE_ATTEMPTS } from "../resilience/fault-attribution.ts";
import { batchesOf } from "./batches-of-key.ts";
import { sharedCalls } from "./shared-calls.ts";

/**
 * Publishes events of one key, each only after the one before is acknowledged. Stops at the first that is not.
 *
 * @param remaining how many events the key group has left, these included.
 * @param probe the trial of a single event that is the requeuer's first to its destination.
 */
export type PublishInOrder = (events: readonly OutboxEvent[], remaining: number, probe?: Trial) => Promise<InOrder>;

export interface InOrder {
  /** How many of the leading events were acknowledged. */
  readonly delivered: number;
  /** The outcome of the next event; absent when there is none. */
  readonly stop?: Undelivered;
}

/** Where the first unacknowledged event of a batch stands. */
interface Progress {
  readonly backoff: Backoff;
  readonly startedMs: number;
  readonly firstFailureMs?: number;
  readonly failure?: Failure;
  /** Failed calls that the event shared with others, nobody knows by whose fault. */
  readonly failedWhole: number;
  /** Failed calls that the event had to itself. */
  readonly failedAlone: number;
}

/** Makes the publishing side of all key groups of one invocation: attempts, backoff and time for each key by itself. */
export function inOrder(delivery: DeliveryRun, deadlines: Deadlines): PublishInOrder {
  const { clock, telemetry, publisher, trials } = delivery;
  const calls = sharedCalls(delivery, deadlines);
  const begun = (): Progress => ({
    backoff: backoffFrom(delivery.backoff),
    startedMs: clock.now(),
    failedWhole: 0,
    failedAlone: 0,
  });

  /**
   * Attempts a batch under backoff until it is through or stopped. Once a shared call has failed twice and nobody knows
   * by whose fault, the batch shrinks to its first event, and the events go one by one.
   */
  async function publishBatch(batch: readonly OutboxEvent[], remaining: number, trial: Trial): Promise<InOrder> {
    let delivered = 0;
    let alone = trial.isProbe;
    for (let progress = begun(); ; ) {
      const event = batch[delivered];
      if (event === undefined) return { delivered };
      const routeFailure = trials.of(publisher.destinationOf(event)).closedRoute(() => publisher.routeOf?.(event));
      if (routeFailure !== undefined) return { delivered, stop: notCalled(event, progress, routeFailure) };
      if ((await trial.turn()) === "target") return { delivered, stop: stopped(event, progress) };
      const part = batch.slice(delivered, alone ? delivered + 1 : undefined);
      const { attempts } = progress.backoff;
      const attempt = await calls.attempt({ events: part, remaining: remaining - delivered, alone, trial, attempts });
      switch (attempt.kind) {
        case "breaker-open":
        case "deadline-exceeded":
          return { delivered, stop: { ...attempt, event } };
        case "unconfirmed":
          // Nobody doubts the event, and it may have arrived: no further attempt is made for it.
          return { delivered, stop: failedStop(event, progress, attempt.failure) };
        case "made":
          delivered += attempt.delivered;
      }
      if (attempt.failure === undefined) {
        progress = begun();
        continue;
      }
      const next = afterFailure(progress, attempt.failure, attempt.inCompany, part.length > 1, trial);
      progress = next.progress;
      alone ||= next.goesAlone;
      if (next.kind === "stop") return { delivered, stop: await judged(batch[delivered] ?? event, progress, trial) };
      telemetry.count("PublishRetries");
      await clock.sleep(Math.min(next.waitMs, Math.max(0, deadlines.publishUntilMs - clock.now())));
    }
  }

  /** What follows a failed attempt: another one, perhaps alone, or none. */
  function afterFailure(before: Progress, failure: Failure, inCompany: boolean, isOfSeveral: boolean, trial: Trial) {
    const isUnclear = isDoubtful(failure);
    const failed: Progress = {
      ...before,
      failure,
      firstFailureMs: before.firstFailureMs ?? clock.now(),
      failedWhole: before.failedWhole + (inCompany && isUnclear ? 1 : 0),
      failedAlone: before.failedAlone + (inCompany ? 0 : 1),
    };
    const spent = trial.isProbe
      ? isSpentProbe(failure)
      : isUnclear &&
        failed.failedWhole > 0 &&
        !trial.isSpared &&
        failed.failedAlone >= triesAlone(delivery.backoff.attempts);
    const failures = failure.class === "permanent" || (spent && !inCompany) ? [] : [failure];
    const next = nextAttempt(before.backoff, failures, before.startedMs, delivery, deadlines);
    // One of several is to blame: they go one by one, as far as they get.
    const isSomeones = isUnclear ? inCompany : isOfSeveral && failure.scope === "event";
    if (next === undefined && isSomeones) {
      const progress = isUnclear ? { ...failed, backoff: before.backoff.once() } : begun();
      return { kind: "again", goesAlone: true, progress, waitMs: 0 } as const;
    }
    if (next === undefined) return { kind: "stop", goesAlone: false, progress: failed } as const;
    const goesAlone = failed.failedWhole >= WHOLE_ATTEMPTS;
    return { kind: "again", goesAlone, progress: { ...failed, backoff: next.backoff }, waitMs: next.waitMs } as const;
  }

  /** The outcome of an event that failed, once it is known who is to blame. */
  async function judged(event: OutboxEvent, progress: Progress, trial: Trial): Promise<Undelivered> {
    const failure = progress.failure ?? TARGET_FAILS;
    const destination = publisher.destinationOf(event);
    if (failure.route !== undefined) {
      await routeFailed(failure.route, failure, destination, trial, delivery);
    } else if (trial.isProbe && failure.scope === "target" && !isDoubtful(failure)) trials.of(destination).fail();
    if (!isDoubtful(failure)) {
      return failedStop(event, progress, failure);
    }
    const blame = await trial.failedAlone(event.id);
    if (blame === "target") delivery.limiters.of(destination).trip();
    const stop = failedStop(event, progress, blame === "event" ? ownFault(failure) : failure);
    return blame === "undecided" ? undecidedOutcome(stop, delivery) : stop;
  }

  /** The target is to blame, and no attempt follows. Where its breaker is open, the sweep delivers what waits. */
  const stopped = (event: OutboxEvent, progress: Progress): Undelivered =>
    delivery.limiters.of(publisher.destinationOf(event)).breaker.kind === "closed"
      ? notCalled(event, progress, progress.failure ?? TARGET_FAILS)
      : { kind: "breaker-open", event };

  const failedStop = (event: OutboxEvent, progress: Progress, failure: Failure): FailedOutcome =>
    failedOutcome({ event, ...progress }, failure, progress.backoff.attempts, delivery);

  /** The attempt that was to come was not made. */
  const notCalled = (event: OutboxEvent, progress: Progress, failure: Failure): FailedOutcome =>
    failedOutcome({ event, ...progress }, failure, progress.backoff.attempts - 1, delivery);

  return async (events, remaining, probe) => {
    let delivered = 0;
    for (const { events: batch, tooLarge } of batchesOf(events, publisher)) {
      if (tooLarge !== undefined) {
        probe?.end();
        reportFailure(tooLarge, 1, telemetry);
        const stop = failedOutcome({ event: batch[0] }, tooLarge, 0, delivery);
        return { delivered, stop };
      }
      const trial = probe ?? trials.of(publisher.destinationOf(batch[0])).begin();
      const done = await publishBatch(batch, remaining - delivered, trial);
      trial.end();
      delivered += done.delivered;
      if (done.stop !== undefined) return { delivered, stop: done.stop };
    }
    return { delivered };
  };
}

const TARGET_FAILS: Failure = {
  class: "transient",
  scope: "target",
  code: "TargetFailing",
  message: "different events failed, each alone, and none was acknowledged; no call was made for this one",
};
