import type { Context } from "aws-lambda";
import { systemClock } from "../lib/aws/system.ts";
import { powertoolsTelemetry } from "../lib/aws/telemetry.ts";
import { readAuditEnvironment } from "../lib/contract/deployment/environment.ts";
import { auditFunction } from "../lib/operator/aws/audit/audit-function.ts";
import type { ScheduledAuditResult } from "../lib/operator/core/audit/scheduled-audit.ts";

/** Time to end in order, and to tell how it ended. */
const CLOSING_MS = 10_000;

const config = readAuditEnvironment(process.env);
const telemetry = powertoolsTelemetry(config.relayName, config.publishedMetrics);
const run = auditFunction(config, { clock: systemClock, random: Math.random, telemetry });

export async function handler(_event: unknown, context: Context): Promise<ScheduledAuditResult> {
  const startedMs = systemClock.now();
  try {
    return await run(startedMs + context.getRemainingTimeInMillis() - CLOSING_MS);
  } finally {
    telemetry.flush({ function: "audit", durationMs: systemClock.now() - startedMs });
  }
}
