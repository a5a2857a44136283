import { acknowledgedRows } from "../core/delivery/acknowledged-rows.ts";
import { measuredPublisher } from "../core/delivery/measured-publisher.ts";
import { parkingFor } from "../core/delivery/park.ts";
import type { FunctionRole } from "../core/metrics.ts";
import type { OrderedPorts } from "../core/ordered/ordering.ts";
import { gateMsOf } from "../core/settings.ts";
import { queueClient, tableClient } from "./aws-clients.ts";
import { sqsDeadLetterQueue } from "./dead-letter-queue.ts";
import { ENVIRONMENT, type FunctionConfig } from "./environment.ts";
import { invocations } from "./invocations.ts";
import { dynamoKeyTable } from "./key-table.ts";
import { dynamoOutboxTable } from "./outbox-table.ts";
import { systemClock } from "./system.ts";
import type { CreatePublisher } from "./targets/target-factory.ts";
import { powertoolsTelemetry } from "./telemetry.ts";
import { type Tracing, tracedPublisher } from "./tracing/tracing.ts";

/** Everything both functions are made of, built once per process from their configuration. */
export function composed(
  role: FunctionRole,
  config: FunctionConfig,
  createPublisher: CreatePublisher,
  tracing?: Tracing,
) {
  const { settings, tableName, relayName } = config;
  const telemetry = powertoolsTelemetry(relayName);
  const ports = { clock: systemClock, random: Math.random, telemetry };
  const client = tableClient();
  const table = dynamoOutboxTable({ ...ports, client, tableName, relayName, eventTypes: settings.eventTypes });
  const deadLetters = sqsDeadLetterQueue({ ...ports, client: queueClient(), queueUrl: config.deadLetterQueueUrl });
  const target = createPublisher({
    ...ports,
    config: config.target,
    path: ENVIRONMENT.target,
    concurrency: settings.concurrency,
  });
  const publisher = measuredPublisher(tracedPublisher(target, tracing), systemClock, telemetry);
  const acknowledged = acknowledgedRows(table, systemClock, telemetry);
  const parking = parkingFor({ ...ports, table, deadLetters, requeueBackoff: settings.requeueBackoff });
  const ordering: OrderedPorts | undefined =
    settings.ordering === "none"
      ? undefined
      : {
          keys: dynamoKeyTable({ ...ports, client, tableName }),
          strict: settings.ordering === "strict",
          gateMs: gateMsOf(settings),
          requeueBackoff: settings.requeueBackoff,
        };
  const beginInvocation = invocations({ ...ports, role, tracing, memoryBytes: process.memoryUsage.rss });
  const adapters = { client, tableName, table, deadLetters, publisher, beginInvocation };
  return { ...ports, ...adapters, settings, acknowledged, parking, ordering };
}
