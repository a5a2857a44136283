import type { OutboxEvent } from "../event.ts";
import type { Clock, Publisher, PublishResult, Telemetry } from "../ports.ts";
import { type Backoff, backoffFrom, type Random } from "../resilience/backoff.ts";
import type { Failure } from "../resilience/failure.ts";
import type { BackoffSettings } from "../settings.ts";
import type { AcknowledgedRows } from "./acknowledged-rows.ts";
import { confirm, failedOutcome, UNANSWERED, verdictOf } from "./confirm.ts";
import { tooLargeFailure } from "./dead-letter.ts";
import { reportFailure } from "./failure-report.ts";
import type { Gates } from "./gates.ts";
import { heedRest, nextAttempt } from "./next-attempt.ts";
import { entryBytes, pack } from "./packing.ts";

/** What publishing needs. One per process for the relay; one per run for the requeuer, which starts carefully. */
export interface Delivery {
  readonly publisher: Publisher;
  readonly acknowledged: AcknowledgedRows;
  readonly gates: Gates;
  readonly backoff: BackoffSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

/** Epoch milliseconds. Between the two there is time to park, to delete and to answer. */
export interface Deadlines {
  /** No call to the target goes on beyond this. */
  readonly publishUntilMs: number;
  /** Everything is done by this. */
  readonly endMs: number;
}

/** What became of one event. */
export type Outcome =
  | { readonly kind: "acknowledged"; readonly event: OutboxEvent }
  | FailedOutcome
  /** The breaker is open: no call was made for it, and none of its attempts is used. */
  | { readonly kind: "shed"; readonly event: OutboxEvent }
  /** Time ran out before the first call. */
  | { readonly kind: "not-attempted"; readonly event: OutboxEvent };

export interface FailedOutcome {
  readonly kind: "failed";
  readonly event: OutboxEvent;
  readonly failure: Failure;
  readonly attempts: number;
  readonly firstFailureMs: number;
}

/**
 * Publishes events that need no order: packed into calls, each call under backoff, all calls at once as far as the
 * gate of their destination allows. Whatever the target acknowledged, and is known to exist for, is handed to
 * {@link AcknowledgedRows} for deletion. Every event gets exactly one outcome.
 */
export async function deliver(
  events: readonly OutboxEvent[],
  delivery: Delivery,
  deadlines: Deadlines,
): Promise<readonly Outcome[]> {
  const { publisher, clock } = delivery;
  const outcomes: Outcome[] = [];
  const byDestination = new Map<string, OutboxEvent[]>();
  for (const event of events) {
    const bytes = publisher.bytesOf(event);
    const mostBytes = entryBytes(publisher.limits);
    if (bytes > mostBytes) {
      const failure = tooLargeFailure(bytes, mostBytes);
      reportFailure(failure, 1, delivery.telemetry);
      outcomes.push(failedOutcome({ event }, failure, 0, clock.now(), delivery));
      continue;
    }
    const destination = publisher.destinationOf(event);
    const lane = byDestination.get(destination);
    if (lane === undefined) byDestination.set(destination, [event]);
    else lane.push(event);
  }
  const calls = [...byDestination].flatMap(([destination, lane]) =>
    pack(lane, (event) => publisher.bytesOf(event), publisher.limits).map((call) =>
      deliverCall(destination, call, delivery, deadlines),
    ),
  );
  return outcomes.concat(...(await Promise.all(calls)));
}

/** An event on its way, with the failure of its last attempt. */
export interface Pending {
  readonly event: OutboxEvent;
  readonly failure?: Failure;
  readonly firstFailureMs?: number;
}

/** One call and its retries, each with only the entries that are still worth one. */
async function deliverCall(
  destination: string,
  events: readonly OutboxEvent[],
  delivery: Delivery,
  deadlines: Deadlines,
): Promise<readonly Outcome[]> {
  const { publisher, acknowledged, clock, telemetry } = delivery;
  const { publishUntilMs } = deadlines;
  const gate = delivery.gates.of(destination);
  const startedMs = clock.now();
  const outcomes: Outcome[] = [];
  const deferred: Promise<readonly Outcome[]>[] = [];
  let pending: readonly Pending[] = events.map((event) => ({ event }));
  let backoff: Backoff = backoffFrom(delivery.backoff);

  while (pending.length > 0) {
    const places = pending.length;
    const reserved = await acknowledged.reserve(places, publishUntilMs);
    const entry = reserved ? await gate.enter(publishUntilMs) : "out-of-time";
    if (entry !== "admitted") {
      if (reserved) acknowledged.release(places);
      outcomes.push(...pending.map((each) => turnedAway(each, entry, backoff, delivery)));
      break;
    }
    const calledAtMs = clock.now();
    const sent = pending.map(({ event }) => event);
    const results = await publisher.publish(destination, sent, publishUntilMs);
    gate.leave(verdictOf(results), calledAtMs);
    heedRest(gate, results, delivery);

    const { accepted, retryable, hopeless, suspects } = sorted(pending, results, clock.now(), telemetry);
    acknowledged.release(places - accepted.length);
    if (accepted.length > 0) {
      deferred.push(confirm(destination, accepted, backoff.attempts, delivery, deadlines, gate));
    }
    deferred.push(...suspects.map((event) => deliverCall(destination, [event], delivery, deadlines)));
    outcomes.push(...hopeless.map((each) => exhausted(each, backoff, delivery)));
    const failures = retryable.map(({ failure }) => failure);
    const next = nextAttempt(backoff, failures, startedMs, delivery, deadlines);
    if (next === undefined) {
      outcomes.push(...retryable.map((each) => exhausted(each, backoff, delivery)));
      break;
    }
    telemetry.count("PublishRetries", retryable.length);
    await clock.sleep(Math.min(next.waitMs, Math.max(0, publishUntilMs - clock.now())));
    backoff = next.backoff;
    pending = retryable;
  }
  return outcomes.concat(...(await Promise.all(deferred)));
}

interface Sorted {
  readonly accepted: readonly OutboxEvent[];
  readonly retryable: readonly FailedAttempt[];
  readonly hopeless: readonly FailedAttempt[];
  /** Refused together: one of them is to blame. */
  readonly suspects: readonly OutboxEvent[];
}
type FailedAttempt = Required<Pending>;

function sorted(
  pending: readonly Pending[],
  results: readonly PublishResult[],
  nowMs: number,
  telemetry: Telemetry,
): Sorted {
  const accepted: OutboxEvent[] = [];
  const retryable: FailedAttempt[] = [];
  const hopeless: FailedAttempt[] = [];
  const suspects: OutboxEvent[] = [];
  for (const [index, { event, firstFailureMs = nowMs }] of pending.entries()) {
    const result = results[index] ?? UNANSWERED;
    if (result.kind === "acknowledged") {
      accepted.push(event);
      continue;
    }
    const { failure } = result;
    if (failure.class === "ambiguous") {
      telemetry.count("DuplicatesPossible", 1, { cause: "ambiguous-publish" });
    }
    if (result.kind === "refused-together" && pending.length > 1) {
      suspects.push(event);
      continue;
    }
    reportFailure(failure, 1, telemetry);
    (failure.class === "permanent" ? hopeless : retryable).push({ event, failure, firstFailureMs });
  }
  return { accepted, retryable, hopeless, suspects };
}

function turnedAway(
  pending: Pending,
  entry: "breaker-open" | "out-of-time",
  backoff: Backoff,
  delivery: Delivery,
): Outcome {
  const { event, failure } = pending;
  if (failure !== undefined) {
    return failedOutcome(pending, failure, backoff.attempts - 1, delivery.clock.now(), delivery);
  }
  return { kind: entry === "breaker-open" ? "shed" : "not-attempted", event };
}

const exhausted = (attempt: FailedAttempt, backoff: Backoff, delivery: Delivery): Outcome =>
  failedOutcome(attempt, attempt.failure, backoff.attempts, delivery.clock.now(), delivery);
