import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent } from "aws-lambda";
import { createPublisher } from "#target";
import { batchResponse, streamRecords } from "../lib/aws/stream-records.ts";
import { configuredTracing } from "../lib/aws/tracing/tracing.ts";
import { readEnvironment } from "../lib/contract/deployment/environment.ts";
import { relayProcess } from "../lib/core/process/relay-process.ts";
import { processPorts } from "./composition.ts";

const config = readEnvironment(process.env);
const ports = processPorts("relay", config, createPublisher, configuredTracing(process.env));
const relay = relayProcess(ports, config.settings);

export async function handler(event: DynamoDBStreamEvent, context: Context): Promise<DynamoDBBatchResponse> {
  const timeoutAtMs = ports.clock.now() + context.getRemainingTimeInMillis();
  const records = () => streamRecords(event, ports.telemetry, config.settings.eventTypes);
  const { checkpoint } = await relay.invoke(records, timeoutAtMs);
  return batchResponse(checkpoint);
}
