import type { Context } from "aws-lambda";
import { createPublisher } from "#target";
import { composed } from "../lib/adapters/composition.ts";
import { readEnvironment } from "../lib/adapters/environment.ts";
import { tableInspection } from "../lib/adapters/table-inspection.ts";
import { configuredTracing } from "../lib/adapters/tracing/tracing.ts";
import { requeuerGates } from "../lib/core/delivery/gate-settings.ts";
import { type GateMemories, gatesWith } from "../lib/core/delivery/gates.ts";
import { censusOf } from "../lib/core/requeue/census.ts";
import { letterPolls } from "../lib/core/requeue/letter-polls.ts";
import { requeue } from "../lib/core/requeue/requeuer.ts";
import { isStartCheck } from "../lib/core/requeue/start-check.ts";
import { tellUnprotected } from "../lib/core/requeue/tell-unprotected.ts";
import { settled } from "../lib/core/settled.ts";

/** Time to delete, to mark and to give the lease back, after the last call to the target. */
const CLOSING_MS = 3_000;
/** A run leaves time before its timeout, so that runs never overlap. */
const MARGIN_MS = 5_000;
/** A run waits no longer than this for a look at the table. */
const INSPECTION_MS = 2_000;

const parts = composed("requeuer", readEnvironment(process.env), createPublisher, configuredTracing(process.env));
const { clock, calls, settings, telemetry, beginInvocation } = parts;
const census = censusOf(parts);
const polls = letterPolls();
/** A destination that asked to be left alone for an hour is not asked again every minute, nor its quota looked for anew. */
const memories: GateMemories = new Map();
const inspection = tableInspection(parts);

export async function handler(event: unknown, context: Context): Promise<{ readonly result: string }> {
  if (isStartCheck(event)) {
    await inspection.tell();
    return { result: "started" };
  }
  const endMs = clock.now() + context.getRemainingTimeInMillis() - MARGIN_MS;
  const gates = gatesWith(requeuerGates(settings.concurrency), clock, parts.existences, memories);
  const delivery = { ...parts, gates, backoff: settings.backoff };
  const endInvocation = beginInvocation(endMs);
  try {
    // It tells what it finds by itself; a look that gets no answer must not cost the run.
    const looked = await settled(
      calls.race("The look at the table", () => inspection.tell(), clock.now() + INSPECTION_MS),
    );
    if (!looked.ok)
      telemetry.log("warn", "The outbox table was not inspected in time", { error: String(looked.error) });
    const run = { ...parts, delivery, census, letterPolls: polls, settings, owner: context.awsRequestId };
    const result = await requeue(run, { publishUntilMs: endMs - CLOSING_MS, endMs });
    // After the run, whose own checks have mostly told it already.
    if (result !== "lease-held") await tellUnprotected(parts);
    return { result };
  } finally {
    await endInvocation();
  }
}
