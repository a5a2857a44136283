import type { Context } from "aws-lambda";
import { createPublisher } from "#target";
import { composed } from "../lib/adapters/composition.ts";
import { readEnvironment } from "../lib/adapters/environment.ts";
import { tableInspection } from "../lib/adapters/table-inspection.ts";
import { configuredTracing } from "../lib/adapters/tracing/tracing.ts";
import { type LimiterMemories, limitersWith } from "../lib/core/delivery/destination-limiters.ts";
import { requeuerLimiter } from "../lib/core/delivery/limiter-settings.ts";
import { backlogCountOf } from "../lib/core/requeue/backlog-count.ts";
import { deadLetterPolls } from "../lib/core/requeue/dead-letter-polls.ts";
import { requeue } from "../lib/core/requeue/requeuer.ts";
import { isStartCheck } from "../lib/core/requeue/start-check.ts";
import { tellUnprotected } from "../lib/core/requeue/tell-unprotected.ts";
import { resultOf } from "../lib/core/result.ts";

/** Time to delete, to mark and to give the lease back, after the last call to the target. */
const CLOSING_MS = 3_000;
/** A run leaves time before its timeout, so that runs never overlap. */
const MARGIN_MS = 5_000;
/** A run waits no longer than this for a look at the table. */
const INSPECTION_MS = 2_000;

const parts = composed("requeuer", readEnvironment(process.env), createPublisher, configuredTracing(process.env));
const { clock, calls, settings, telemetry, beginInvocation } = parts;
const backlogCount = backlogCountOf(parts);
const polls = deadLetterPolls();
/** A destination that asked to be left alone for an hour is not asked again every minute, nor its quota looked for anew. */
const memories: LimiterMemories = new Map();
const inspection = tableInspection(parts);

export async function handler(event: unknown, context: Context): Promise<{ readonly result: string }> {
  if (isStartCheck(event)) {
    await inspection.tell();
    return { result: "started" };
  }
  const endMs = clock.now() + context.getRemainingTimeInMillis() - MARGIN_MS;
  const limiters = limitersWith(requeuerLimiter(settings.concurrency), clock, parts.existences, memories);
  const delivery = { ...parts, limiters, backoff: settings.backoff };
  const endInvocation = beginInvocation(endMs);
  try {
    // It tells what it finds by itself; a look that gets no answer must not cost the run.
    const looked = await resultOf(
      calls.race("The look at the table", () => inspection.tell(), clock.now() + INSPECTION_MS),
    );
    if (!looked.ok)
      telemetry.log("warn", "The outbox table was not inspected in time", { error: String(looked.error) });
    const run = { ...parts, delivery, backlogCount, deadLetterPolls: polls, settings, owner: context.awsRequestId };
    const result = await requeue(run, { publishUntilMs: endMs - CLOSING_MS, endMs });
    // After the run, whose own checks have mostly told it already.
    if (result !== "lease-held") await tellUnprotected(parts);
    return { result };
  } finally {
    await endInvocation();
  }
}
