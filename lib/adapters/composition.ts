import { acknowledgedRows } from "../core/delivery/acknowledged-rows.ts";
import type { GateSettings } from "../core/delivery/gate.ts";
import { parkingFor } from "../core/delivery/park.ts";
import { startingAt } from "../core/resilience/concurrency.ts";
import { queueClient, tableClient } from "./aws-clients.ts";
import { sqsDeadLetterQueue } from "./dead-letter-queue.ts";
import { ENVIRONMENT, type FunctionConfig } from "./environment.ts";
import { dynamoOutboxTable } from "./outbox-table.ts";
import { systemClock } from "./system.ts";
import type { CreatePublisher } from "./targets/target-factory.ts";
import { powertoolsTelemetry } from "./telemetry.ts";

/** Everything both functions are made of, built once per process from their configuration. */
export function composed(config: FunctionConfig, createPublisher: CreatePublisher) {
  const { settings, tableName } = config;
  const telemetry = powertoolsTelemetry(config.relayName);
  const ports = { clock: systemClock, random: Math.random, telemetry };
  const client = tableClient();
  const table = dynamoOutboxTable({ ...ports, client, tableName });
  const deadLetters = sqsDeadLetterQueue({ ...ports, client: queueClient(), queueUrl: config.deadLetterQueueUrl });
  const publisher = createPublisher({
    ...ports,
    config: config.target,
    path: ENVIRONMENT.target,
    concurrency: settings.concurrency,
  });
  const acknowledged = acknowledgedRows(table, systemClock, telemetry);
  const parking = parkingFor({ ...ports, table, deadLetters, requeueBackoff: settings.requeueBackoff });
  return { ...ports, settings, client, tableName, table, deadLetters, publisher, acknowledged, parking };
}

/** The relay starts at full width, and a burst of failures is left to the backoff for a second. */
export const relayGates = (concurrency: number): GateSettings => ({
  start: startingAt(concurrency, concurrency),
  maxConcurrency: concurrency,
  breaker: { failures: 10, failingForMs: 1_000, openMs: 5_000, maxOpenMs: 60_000 },
});

/** The requeuer starts with one call. Its breaker stays open for what is left of the run. */
export const requeuerGates = (concurrency: number): GateSettings => ({
  start: startingAt(1, concurrency),
  maxConcurrency: concurrency,
  breaker: { failures: 5, failingForMs: 0, openMs: 60_000, maxOpenMs: 60_000 },
});
