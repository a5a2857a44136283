import type { Context } from "aws-lambda";
import { createPublisher } from "#target";
import { tableInspection } from "../lib/aws/tables/table-inspection.ts";
import { configuredTracing } from "../lib/aws/tracing/tracing.ts";
import { readEnvironment } from "../lib/contract/deployment/environment.ts";
import { isStartCheck } from "../lib/contract/deployment/start-check.ts";
import { requeuerProcess } from "../lib/core/process/requeuer-process.ts";
import type { RunResult } from "../lib/core/requeue/requeuer.ts";
import { processPorts } from "./composition.ts";

const config = readEnvironment(process.env);
const ports = processPorts("requeuer", config, createPublisher, configuredTracing(process.env));
const inspection = tableInspection(ports);
const requeuer = requeuerProcess({ ...ports, inspectTable: () => inspection.tell() }, config.settings);

export async function handler(event: unknown, context: Context): Promise<{ readonly result: RunResult | "started" }> {
  if (isStartCheck(event)) {
    await inspection.tell();
    return { result: "started" };
  }
  const timeoutAtMs = ports.clock.now() + context.getRemainingTimeInMillis();
  return { result: await requeuer.invoke(context.awsRequestId, timeoutAtMs) };
}
