import { isParkedKeyDue } from "../../contract/parked-key.ts";
import type { DeliverySettings } from "../../contract/settings/settings.ts";
import type { Deadlines, Delivery } from "../delivery/delivery-run.ts";
import type { Parking } from "../delivery/park.ts";
import { trials } from "../delivery/trials.ts";
import type { OrderedPorts } from "../ordered/ordering.ts";
import { inOrder } from "../ordered/publish-in-order.ts";
import type { DeadLetterQueue, OutboxTable } from "../ports.ts";
import { resultOf } from "../result.ts";
import type { DeadLetterPolls } from "./drain/dead-letter-polls.ts";
import { drainOf } from "./drain/drain.ts";
import { drainAll, probeByDeadLetter } from "./drain/drain-walks.ts";
import { type KeyDrains, keyDrains } from "./drain/key-drains.ts";
import { fixedRateLimiter } from "./fixed-rate-limiter.ts";
import { type LateDestinations, lateDestinations } from "./late-destinations.ts";
import { type ProbingDelivery, probingDelivery } from "./probing-delivery.ts";
import { probingInOrder } from "./probing-in-order.ts";
import { rowsInHand } from "./rows-in-hand.ts";
import type { BacklogCount } from "./sweep/backlog-count.ts";
import { isDue } from "./sweep/row-age.ts";
import { NOTHING_SEEN, type Sample, takeSample } from "./sweep/sample.ts";
import { expectRested, sweepOf } from "./sweep/sweep.ts";
import { targetHealth } from "./target-health.ts";
import { patientTable } from "./throttled-table-reads.ts";

/**
 * The requeuer: one run, on a schedule, for ever.
 *
 *   lease -> sample -> probe -> sweep -> drain -> (sweep on) -> release
 *
 * - *Lease*: one run at a time. If another run holds it, this run ends. If the table refuses it, this run fails, after
 *   the sample.
 * - *Sample*: a look at the table, even when every later step is impossible. A large table is counted beside the later
 *   steps; the oldest age covers the sample, the rows that the sweep passes, and those it passed in earlier runs.
 * - *Probe*: one live event, from a dead letter or else the first that the sweep reads. A target that fails it ends the run at
 *   no cost.
 * - *Sweep*: rows that nobody delivered, with at least half of the time.
 * - *Drain*: dead letters, by short polls or long ones (see `dead-letter-polls.ts`), ten a receive. As long as receives
 *   bring any, more receives and more rounds run at once.
 * - Ordering keys that the sweep or the drain meets are drained beside all that: see `ordered/ordering.ts`.
 * - A destination that hangs keeps no other waiting: see `late-destinations.ts`. The run ends when its calls have ended too.
 *
 * A table that throttles slows the run and does not end it: see `throttled-table-reads.ts`. A refusal for good by the table or
 * the queue ends one part of the run, and the others go on. The heartbeat says that the run ended; IncompleteRuns says
 * that it was not whole.
 *
 * The requeuer never gives up: a failed event rests for its backoff and is tried again, until it is delivered or a
 * person decides otherwise.
 */
export interface Requeuer {
  readonly table: OutboxTable;
  readonly deadLetters: DeadLetterQueue;
  /** Fresh for each run: its limiters start at one call, and its breakers closed. */
  readonly delivery: Delivery;
  readonly parking: Parking;
  /** Order per key. Absent: every row stands by itself. */
  readonly ordering?: OrderedPorts | undefined;
  /** Lives as long as the process. */
  readonly backlogCount: BacklogCount;
  /** Lives as long as the process. */
  readonly deadLetterPolls: DeadLetterPolls;
  readonly settings: Pick<DeliverySettings, "minAgeSeconds" | "maxDrainRate">;
  /** Names this run. */
  readonly owner: string;
}

export type RunResult =
  | "completed"
  /** The table or the queue refused part of the run. */
  | "incomplete"
  | "lease-held";

/** Longer than a run can take, with a margin for clocks that disagree. A dead letter that is received is hidden for this time. */
export const LEASE_SECONDS = 70;
/** The part of a run that may go into counting a large table. */
const BACKLOG_COUNT_MS = 5_000;

/** Makes one run. Rejects when the table does not give the lease, once everything known is told. */
export async function requeue(requeuer: Requeuer, deadlines: Deadlines): Promise<RunResult> {
  const { delivery, owner } = requeuer;
  const { clock, telemetry } = delivery;
  const table = patientTable(requeuer.table, delivery, deadlines.publishUntilMs);
  const nowMs = clock.now();
  const lease = await resultOf(table.acquireLease(owner, nowMs, nowMs + LEASE_SECONDS * 1_000));
  if (lease.ok && !lease.value) return "lease-held";
  try {
    const { ages } = requeuer.backlogCount;
    const sampled = await resultOf(takeSample({ ...delivery, table, ages }));
    if (!lease.ok) {
      if (sampled.ok) ages.tell(telemetry, nowMs);
      throw lease.error;
    }
    const sample = sampled.ok ? sampled.value : NOTHING_SEEN;
    // Counting a large table takes seconds, and delivery need not wait for them.
    const [delivered] = await Promise.all([
      resultOf(deliverWaiting({ ...requeuer, table }, sample, deadlines)),
      tellCount(requeuer, sample, deadlines),
    ]);
    // Told after the sweep, which passes more rows than the sample, with ages as of the beginning. A table that could
    // not be sampled has no age.
    if (sampled.ok) ages.tell(telemetry, nowMs);
    const refused = [delivered, sampled].flatMap((part) => (part.ok ? [] : [part.error]));
    for (const error of refused) {
      telemetry.log("error", "A part of the run was refused; the next run tries it again", { error: String(error) });
    }
    telemetry.count("RequeuerHeartbeat");
    telemetry.count("IncompleteRuns", refused.length === 0 ? 0 : 1);
    return refused.length === 0 ? "completed" : "incomplete";
  } finally {
    if (lease.ok) await table.releaseLease(owner);
  }
}

/** A table that refuses to be counted costs only the count. The next run goes on where this one stopped. */
async function tellCount(
  { backlogCount, delivery }: Requeuer,
  sample: Sample,
  { publishUntilMs }: Deadlines,
): Promise<void> {
  const { clock, telemetry } = delivery;
  if (sample.complete) {
    telemetry.measure("UndeliveredEvents", sample.rows.length);
    return;
  }
  const counted = await resultOf(backlogCount.advance(Math.min(publishUntilMs, clock.now() + BACKLOG_COUNT_MS)));
  if (counted.ok) return;
  telemetry.log("warn", "The outbox table refused to be counted; the next run goes on with it", {
    error: String(counted.error),
  });
}

async function deliverWaiting(requeuer: Requeuer, sample: Sample, deadlines: Deadlines): Promise<void> {
  const { delivery: plain, ordering, settings } = requeuer;
  const { clock, telemetry, pendingDeletes } = plain;
  if ((await pendingDeletes.flush(deadlines.publishUntilMs)) > 0) {
    throw new Error("The outbox table did not delete rows that an earlier run delivered: nothing more is published");
  }
  const run = { ...plain, trials: trials() };
  const health = targetHealth(run);
  const waitForTurn = fixedRateLimiter(settings.maxDrainRate, clock, deadlines.publishUntilMs);
  const delivery = probingDelivery(run, deadlines, waitForTurn, health);
  expectRested(sample.rows, delivery, clock.now());
  const late = lateDestinations(clock);
  const publish = inOrder(run, deadlines);
  const publishOf = (mayCall: (destination: string) => boolean) =>
    probingInOrder(publish, run, health, waitForTurn, mayCall);
  const keys =
    ordering &&
    keyDrains({ ...requeuer, ordering, publishOf, health, late, leaseMs: LEASE_SECONDS * 1_000 }, deadlines);
  const work = await resultOf(sweepAndDrain(requeuer, sample, { delivery, keys, late }, deadlines));
  const drains = await resultOf(keys?.settled() ?? Promise.resolve());
  const beside = await resultOf(late.settled());
  await pendingDeletes.flush(deadlines.endMs);
  telemetry.count("BreakerOpen", health.allFailed() || plain.limiters.anyOpen() ? 1 : 0);
  for (const part of [work, drains, beside]) {
    if (!part.ok) throw part.error;
  }
}

interface RunParts {
  readonly delivery: ProbingDelivery;
  readonly keys: KeyDrains | undefined;
  readonly late: LateDestinations;
}

async function sweepAndDrain(
  {
    table,
    deadLetters,
    delivery: { clock, random, telemetry, pendingDeletes },
    parking,
    backlogCount,
    settings,
    deadLetterPolls,
  }: Requeuer,
  sample: Sample,
  { delivery, keys, late }: RunParts,
  { publishUntilMs, endMs }: Deadlines,
): Promise<void> {
  const startMs = clock.now();
  const minAgeMs = settings.minAgeSeconds * 1_000;
  const inHand = rowsInHand();
  const sweep = sweepOf({
    ...{ table, parking, delivery, late, inHand, keys, clock, random, telemetry, minAgeMs },
    ages: backlogCount.ages,
  });
  const anythingDue =
    sample.ageless ||
    sample.rows.some((row) => isDue(row, startMs, minAgeMs)) ||
    sample.parkedKeys.some((parkedKey) => isParkedKeyDue(parkedKey, startMs));
  const nothingDue = sample.complete && !anythingDue;
  const sweepUntil = async (untilMs: number) => {
    if (nothingDue) return;
    await sweep.advance(untilMs);
    // A dead letter's row must not be read while its delete is under way: the row would be published again.
    await pendingDeletes.flush(endMs);
  };

  // A queue that cannot be read stops only its own part: the sweep goes on, and the run fails after it.
  const queue = await resultOf(deadLetters.depth());
  if (!queue.ok) {
    await sweepUntil(publishUntilMs);
    throw queue.error;
  }
  const drain = drainOf({
    ...{ table, deadLetters, parking, delivery, late, inHand, keys, pendingDeletes, clock, telemetry },
    ...{ publishUntilMs, endMs },
    visibilitySeconds: LEASE_SECONDS,
    hiddenDeadLetters: queue.value.hidden,
    poll: deadLetterPolls.next(queue.value.visible),
  });
  const takeTurns = async () => {
    // A queue of dead letters that point to nothing must not keep the sweep from its turn: the sweep probes too.
    const probeUntilMs = startMs + (publishUntilMs - startMs) / 4;
    const probed = await resultOf(probeByDeadLetter(drain, delivery, clock, probeUntilMs, !sample.complete));
    const anyDeadLetters = probed.ok && !probed.value;
    await sweepUntil(anyDeadLetters ? startMs + (publishUntilMs - startMs) / 2 : publishUntilMs);
    if (!probed.ok) throw probed.error;
    if (!anyDeadLetters) return;
    const drained = await resultOf(drainAll(drain, delivery, clock, publishUntilMs));
    await sweepUntil(publishUntilMs);
    if (!drained.ok) throw drained.error;
  };
  const turns = await resultOf(takeTurns());
  const beside = await resultOf(late.settled());
  await drain.end();
  for (const part of [turns, beside]) if (!part.ok) throw part.error;
}
