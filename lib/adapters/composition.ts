import { setTimeout } from "node:timers/promises";
import { boundedKeys, boundedPublisher, boundedQueue, boundedTable } from "../core/bounded-ports.ts";
import { callDeadlines } from "../core/call-deadlines.ts";
import { existencesOf } from "../core/delivery/existences.ts";
import { measuredPublisher } from "../core/delivery/measured-publisher.ts";
import { parkingFor } from "../core/delivery/park.ts";
import { trackPendingDeletes } from "../core/delivery/pending-deletes.ts";
import type { FunctionRole } from "../core/metrics.ts";
import type { OrderedPorts } from "../core/ordered/ordering.ts";
import type { Publisher, Telemetry } from "../core/ports.ts";
import { readKnown } from "../core/setting-reader.ts";
import { minParkedMsOf } from "../core/settings.ts";
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
  const { settings, tableName, relayName, publishedMetrics } = config;
  const telemetry = powertoolsTelemetry(relayName, publishedMetrics);
  const ports = { clock: systemClock, random: Math.random, telemetry };
  const target = knownTarget(config, telemetry, (known) =>
    createPublisher({ ...ports, config: known, path: ENVIRONMENT.target, concurrency: settings.concurrency }),
  );
  const existences = existencesOf({ ...ports, publisher: target });
  // Nothing is published before its answer, so it is asked for while the rest of the function starts.
  if (role === "relay") existences.of(target.destinationOf({})).begin();
  // The timer of deadlines waits for what may never come, so it is no pause of the work, as those of the clock are.
  const calls = callDeadlines({ now: systemClock.now, sleep: async (ms) => void (await setTimeout(ms)) });
  const client = tableClient(calls);
  const rows = dynamoOutboxTable({ ...ports, client, tableName, relayName, eventTypes: settings.eventTypes });
  const table = boundedTable(rows, calls);
  const queue = { client: queueClient(calls), queueUrl: config.deadLetterQueueUrl };
  const deadLetters = boundedQueue(sqsDeadLetterQueue({ ...ports, ...queue }), calls);
  const publisher = measuredPublisher(
    boundedPublisher(tracedPublisher(target, tracing), calls),
    systemClock,
    telemetry,
  );
  const pendingDeletes = trackPendingDeletes(table, systemClock, telemetry);
  const parking = parkingFor({ ...ports, table, deadLetters, requeueBackoff: settings.requeueBackoff });
  const ordering: OrderedPorts | undefined =
    settings.ordering === "none"
      ? undefined
      : {
          keys: boundedKeys(dynamoKeyTable({ ...ports, client, tableName }), calls),
          strict: settings.ordering === "strict",
          minParkedMs: minParkedMsOf(settings),
          requeueBackoff: settings.requeueBackoff,
        };
  const beginInvocation = invocations({ ...ports, calls, role, tracing, memoryBytes: process.memoryUsage.rss });
  const adapters = { client, calls, tableName, table, deadLetters, publisher, existences, beginInvocation };
  return { ...ports, ...adapters, settings, pendingDeletes, parking, ordering };
}

/** Makes the target of what is known in its settings, and tells of all the settings that are not. */
function knownTarget(config: FunctionConfig, telemetry: Telemetry, create: (known: unknown) => Publisher): Publisher {
  const { read: target, unknown } = readKnown(config.target, create);
  const settings = [...config.unknownSettings, ...unknown];
  if (settings.length > 0) {
    telemetry.log("warn", "Settings that this version does not know are ignored", { settings: settings.join(", ") });
  }
  return target;
}
