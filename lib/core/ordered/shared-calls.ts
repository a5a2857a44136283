import { verdictOf } from "../delivery/call-results.ts";
import { confirm, UNANSWERED } from "../delivery/confirm.ts";
import type { Deadlines, DeliveryRun } from "../delivery/deliver.ts";
import { enterLimiter, type Refusal as LimiterRefusal } from "../delivery/enter-limiter.ts";
import { reportFailure } from "../delivery/failure-report.ts";
import { applyRetryAfter } from "../delivery/next-attempt.ts";
import type { Trial } from "../delivery/trials.ts";
import type { OutboxEvent } from "../event.ts";
import type { PublishResult } from "../ports.ts";
import { type Failure, isDoubtful } from "../resilience/failure.ts";

/**
 * Calls that several keys share. The next event of each key waits in the line of its destination. Whenever that destination
 * admits a call, the first of the line go into it together, those of the longest key groups in front. So each key has one
 * event in flight, and a call is full all the same as soon as enough keys wait.
 */
export interface SharedCalls {
  /**
   * Makes one attempt for a run of events of one key. Runs of more than one event are for targets with atomic batches.
   * Acknowledged events of a destination known to exist are handed to {@link PendingDeletes}. Never rejects.
   */
  attempt(asked: Asked): Promise<Attempt>;
}

/** What a key group asks for. */
export interface Asked {
  readonly run: readonly OutboxEvent[];
  /** How many events the key group still has: the longest key group decides when the batch is done. */
  readonly remaining: number;
  /** It goes into a call of its own. */
  readonly alone: boolean;
  readonly trial: Trial;
}

export type Attempt =
  /** The first `delivered` of the run: all of it, or one where the call was the probe of a breaker. */
  | { readonly kind: "acknowledged"; readonly delivered: number }
  /** The first `delivered` of the run were acknowledged, the next one was not. */
  | {
      readonly kind: "failed";
      readonly failure: Failure;
      readonly delivered: number;
      /** Another attempt in this round may succeed. */
      readonly retryable: boolean;
      /** The call held more than this one event. */
      readonly inCompany: boolean;
    }
  | LimiterRefusal;

interface Waiting extends Asked {
  readonly settle: (attempt: Attempt) => void;
}

interface Line {
  waiting: Waiting[];
  moving: boolean;
}

export function sharedCalls(delivery: DeliveryRun, deadlines: Deadlines): SharedCalls {
  const { publisher, pendingDeletes } = delivery;
  const lines = new Map<string, Line>();

  function join(destination: string, waiting: Waiting): void {
    const line = lines.get(destination) ?? { waiting: [], moving: false };
    lines.set(destination, line);
    line.waiting.push(waiting);
    if (!line.moving) void move(destination, line);
  }

  /** Fills calls as they are admitted. What joins while one waits to be admitted still gets into it. */
  async function move(destination: string, line: Line): Promise<void> {
    line.moving = true;
    while (line.waiting.length > 0) {
      const places = publisher.limits.maxEntries;
      const entry = await enterLimiter(destination, places, delivery, deadlines.publishUntilMs);
      if (entry.kind === "breaker-open" || entry.kind === "deadline-exceeded") {
        const notCalled = line.waiting.splice(0);
        if (entry.kind === "breaker-open" && entry.failure) {
          reportFailure(entry.failure, eventsOf(notCalled).length, delivery.telemetry);
        }
        for (const { settle } of notCalled) settle(entry);
      } else {
        const call = takeCall(line, delivery, entry.kind === "probe");
        pendingDeletes.release(destination, places - eventsOf(call).length);
        void makeCall(destination, call, entry.kind === "probe");
      }
    }
    line.moving = false;
  }

  async function makeCall(destination: string, call: readonly Waiting[], isProbe: boolean): Promise<void> {
    const { clock } = delivery;
    const limiter = delivery.limiters.of(destination);
    const events = eventsOf(call);
    const inCompany = events.length > 1;
    const calledAtMs = clock.now();
    const results = await publisher.publish(destination, events, deadlines.publishUntilMs);
    const answers = answersOf(call, results, delivery);
    for (const { waiting, refusal } of answers) if (refusal?.isUnclear) waiting.trial.doubted();
    const isSpared = call.length === 1 && call.every(({ trial }) => trial.isSpared);
    const verdict = verdictOf(results, isSpared);
    limiter.leave(isProbe && verdict === "unclear" ? "failed" : verdict, calledAtMs);
    applyRetryAfter(limiter, results, delivery);
    const accepted = answers.flatMap(({ accepted }) => accepted);
    pendingDeletes.release(destination, events.length - accepted.length);
    for (const { waiting, accepted, refusal, suspect } of answers) {
      if (suspect) join(destination, { ...waiting, alone: true });
      else if (accepted.length === 0 && refusal !== undefined) waiting.settle(failedAttempt(refusal, 0, inCompany));
    }
    if (accepted.length === 0) return;
    // The next event of each key waits for it, so it waits for no other.
    const [outcome] = await confirm(destination, accepted, 1, delivery, deadlines, false);
    // An acknowledgement speaks for the target once it is known to be there.
    if (outcome?.kind === "acknowledged") delivery.trials.of(destination).passed();
    for (const { waiting, accepted, refusal } of answers) {
      const delivered = accepted.length;
      if (delivered === 0) continue;
      if (outcome?.kind === "failed") {
        const { failure } = outcome;
        waiting.settle({ kind: "failed", failure, delivered: 0, retryable: false, inCompany });
      } else {
        waiting.settle(
          refusal === undefined ? { kind: "acknowledged", delivered } : failedAttempt(refusal, delivered, inCompany),
        );
      }
    }
  }

  return {
    attempt: (asked) =>
      new Promise((settle) => {
        const [first] = asked.run;
        if (first === undefined) return settle({ kind: "acknowledged", delivered: 0 });
        join(publisher.destinationOf(first), { ...asked, settle });
      }),
  };
}

const eventsOf = (call: readonly Waiting[]): readonly OutboxEvent[] => call.flatMap(({ run }) => run);

/** Takes as many of a line as one call holds; the first event alone where the call is a probe. */
function takeCall(line: Line, { publisher }: DeliveryRun, isProbe: boolean): readonly Waiting[] {
  const { maxEntries, maxBytes } = publisher.limits;
  line.waiting.sort((one, other) => other.remaining - one.remaining);
  if (isProbe) return line.waiting.splice(0, 1).map((waiting) => ({ ...waiting, run: waiting.run.slice(0, 1) }));
  const call: Waiting[] = [];
  let entries = 0;
  let bytes = 0;
  for (const waiting of line.waiting) {
    const size = waiting.run.reduce((sum, event) => sum + publisher.bytesOf(event), 0);
    const fits = entries + waiting.run.length <= maxEntries && bytes + size <= maxBytes && !waiting.alone;
    if (call.length > 0 && !fits) continue;
    call.push(waiting);
    entries += waiting.run.length;
    bytes += size;
    if (waiting.alone || entries >= maxEntries) break;
  }
  line.waiting = line.waiting.filter((waiting) => !call.includes(waiting));
  return call;
}

interface Refusal {
  readonly failure: Failure;
  readonly retryable: boolean;
  /** Nobody knows whose fault it was. */
  readonly isUnclear: boolean;
}

const failedAttempt = ({ failure, retryable }: Refusal, delivered: number, inCompany: boolean): Attempt => ({
  kind: "failed",
  ...{ failure, retryable, delivered, inCompany },
});

interface Answer {
  readonly waiting: Waiting;
  readonly accepted: readonly OutboxEvent[];
  readonly refusal?: Refusal;
  /** The call was refused because of one of several key groups, and this one may not be to blame. */
  readonly suspect?: boolean;
}

/** Reads the results of a call run by run. What follows the first refusal of a run counts as refused with it. */
function answersOf(
  call: readonly Waiting[],
  results: readonly PublishResult[],
  { telemetry }: DeliveryRun,
): readonly Answer[] {
  let place = 0;
  return call.map((waiting) => {
    const own = waiting.run.map((_event, index) => results[place + index] ?? UNANSWERED);
    place += waiting.run.length;
    const refusedAt = own.findIndex(({ kind }) => kind !== "acknowledged");
    const refused = own[refusedAt];
    if (refused === undefined || refused.kind === "acknowledged") return { waiting, accepted: waiting.run };
    const { failure } = refused;
    const count = waiting.run.length - refusedAt;
    if (failure.class === "ambiguous") {
      telemetry.count("DuplicatesPossible", count, { cause: "ambiguous-publish" });
    }
    if (refused.kind === "refused-together" && refusedAt === 0 && call.length > 1) {
      return { waiting, accepted: [], suspect: true };
    }
    reportFailure(failure, count, telemetry);
    const refusal = { failure, retryable: failure.class !== "permanent", isUnclear: isDoubtful(failure) };
    return { waiting, accepted: waiting.run.slice(0, refusedAt), refusal };
  });
}
