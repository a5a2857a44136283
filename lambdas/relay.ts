import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import { createPublisher } from "#target";
import { composed } from "../lib/adapters/composition.ts";
import { readEnvironment } from "../lib/adapters/environment.ts";
import { batchResponse, streamRecords } from "../lib/adapters/stream-records.ts";
import { configuredTracing } from "../lib/adapters/tracing/tracing.ts";
import { RELAY_CLOSING_MS } from "../lib/core/call-timeout.ts";
import { limitersWith } from "../lib/core/delivery/destination-limiters.ts";
import { relayLimiter } from "../lib/core/delivery/limiter-settings.ts";
import { relay } from "../lib/core/relay.ts";

/** Lambda kills the process at its timeout, so the answer must be on its way before. */
const ANSWER_MS = 1_000;

const parts = composed("relay", readEnvironment(process.env), createPublisher, configuredTracing(process.env));
const { clock, settings, telemetry, beginInvocation } = parts;
const limiters = limitersWith(relayLimiter(settings.concurrency), clock, parts.existences);
const delivery = { ...parts, limiters, backoff: settings.backoff };

export async function handler(event: DynamoDBStreamEvent, context: Context): Promise<DynamoDBBatchResponse> {
  const timeoutMs = clock.now() + context.getRemainingTimeInMillis();
  const deadlines = { publishUntilMs: timeoutMs - RELAY_CLOSING_MS, endMs: timeoutMs - ANSWER_MS };
  const endInvocation = beginInvocation(deadlines.endMs);
  try {
    const records = streamRecords(event, telemetry, settings.eventTypes);
    const { checkpoint } = await relay(records, { ...parts, delivery, concurrency: settings.concurrency }, deadlines);
    return batchResponse(checkpoint);
  } finally {
    await endInvocation();
  }
}
