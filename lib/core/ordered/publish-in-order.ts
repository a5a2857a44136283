import { failedOutcome } from "../delivery/confirm.ts";
import type { Deadlines, Delivery, Outcome } from "../delivery/deliver.ts";
import { reportFailure } from "../delivery/failure-report.ts";
import { nextAttempt } from "../delivery/next-attempt.ts";
import type { OutboxEvent } from "../event.ts";
import { backoffFrom } from "../resilience/backoff.ts";
import { runsOf } from "./runs.ts";
import { sharedCalls } from "./shared-calls.ts";

/**
 * Publishes events of one key, the next one only after the one before is acknowledged. Stops at the first that is not.
 *
 * @param remaining how many events the lane has left, these included.
 */
export type PublishInOrder = (events: readonly OutboxEvent[], remaining: number) => Promise<InOrder>;

export interface InOrder {
  /** The first so many were acknowledged. */
  readonly delivered: number;
  /** What became of the next one; absent when there is none. */
  readonly stop?: Exclude<Outcome, { kind: "acknowledged" }>;
}

/** Makes the publishing side of all lanes of one invocation: attempts, backoff and time for each key by itself. */
export function inOrder(delivery: Delivery, deadlines: Deadlines): PublishInOrder {
  const { clock, telemetry } = delivery;
  const calls = sharedCalls(delivery, deadlines);

  /** Attempts a run under backoff until it is through or stopped. */
  async function publishRun(run: readonly OutboxEvent[], remaining: number): Promise<InOrder> {
    const startedMs = clock.now();
    let firstFailureMs: number | undefined;
    let delivered = 0;
    for (let backoff = backoffFrom(delivery.backoff); ; ) {
      const attempt = await calls.attempt(run.slice(delivered), remaining - delivered);
      if (attempt.kind === "acknowledged") return { delivered: run.length };
      if (attempt.kind === "failed") delivered += attempt.delivered;
      const event = run[delivered];
      if (event === undefined) return { delivered };
      if (attempt.kind !== "failed") return { delivered, stop: turnedAway(event, attempt) };

      firstFailureMs ??= clock.now();
      const failures = attempt.retryable ? [attempt.failure] : [];
      const next = nextAttempt(backoff, failures, startedMs, delivery, deadlines);
      if (next === undefined) {
        const pending = { event, firstFailureMs };
        const stop = failedOutcome(pending, attempt.failure, backoff.attempts, clock.now(), delivery);
        return { delivered, stop };
      }
      telemetry.count("PublishRetries");
      await clock.sleep(Math.min(next.waitMs, Math.max(0, deadlines.publishUntilMs - clock.now())));
      backoff = next.backoff;
    }
  }

  /** One of several is to blame, and nobody says which: they go one by one, as far as they go. */
  async function oneByOne(run: readonly OutboxEvent[], from: number, remaining: number): Promise<InOrder> {
    for (let delivered = from; delivered < run.length; delivered += 1) {
      const { stop } = await publishRun(run.slice(delivered, delivered + 1), remaining - delivered);
      if (stop !== undefined) return { delivered, stop };
    }
    return { delivered: run.length };
  }

  return async (events, remaining) => {
    let delivered = 0;
    for (const { events: run, tooLarge } of runsOf(events, delivery.publisher)) {
      if (tooLarge !== undefined) {
        reportFailure(tooLarge, 1, telemetry);
        const stop = failedOutcome({ event: run[0] }, tooLarge, 0, clock.now(), delivery);
        return { delivered, stop };
      }
      const whole = await publishRun(run, remaining - delivered);
      const isSomeonesFault = whole.stop?.kind === "failed" && whole.stop.failure.scope === "event";
      const done =
        run.length > 1 && isSomeonesFault ? await oneByOne(run, whole.delivered, remaining - delivered) : whole;
      delivered += done.delivered;
      if (done.stop !== undefined) return { delivered, stop: done.stop };
    }
    return { delivered };
  };
}

function turnedAway(event: OutboxEvent, { kind }: { readonly kind: "breaker-open" | "out-of-time" }) {
  return { kind: kind === "breaker-open" ? "shed" : "not-attempted", event } as const;
}
