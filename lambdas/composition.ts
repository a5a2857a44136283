import { setTimeout } from "node:timers/promises";
import { configuredArchive } from "../lib/aws/archive/archive.ts";
import { queueClient, tableClient } from "../lib/aws/aws-clients.ts";
import { sqsDeadLetterQueue } from "../lib/aws/dead-letter-queue.ts";
import { senderOnFirstUse } from "../lib/aws/first-use.ts";
import { invocations } from "../lib/aws/invocations.ts";
import { systemClock } from "../lib/aws/system.ts";
import { dynamoKeyTable } from "../lib/aws/tables/key-table.ts";
import { dynamoOutboxTable } from "../lib/aws/tables/outbox-table.ts";
import { powertoolsTelemetry } from "../lib/aws/telemetry.ts";
import { tracedPublisher } from "../lib/aws/tracing/tracing.ts";
import type { Tracing } from "../lib/aws/tracing/tracing-port.ts";
import { ENVIRONMENT, type FunctionConfig } from "../lib/contract/deployment/environment.ts";
import type { FunctionRole } from "../lib/contract/deployment/function-role.ts";
import { readKnown } from "../lib/contract/settings/setting-reader.ts";
import { callDeadlines } from "../lib/core/call-deadlines.ts";
import type { Publisher, Telemetry } from "../lib/core/ports.ts";
import type { CreatePublisher } from "../lib/targets/shared/run/target-factory.ts";

/** The ports of both functions, made once per process from their configuration. Core puts them to use. */
export function processPorts(
  role: FunctionRole,
  config: FunctionConfig,
  createPublisher: CreatePublisher,
  tracing?: Tracing,
) {
  const { settings, tableName, relayName, publishedMetrics, deadLetterQueueUrl: queueUrl } = config;
  const telemetry = powertoolsTelemetry(relayName, publishedMetrics);
  const ports = { clock: systemClock, random: Math.random, telemetry };
  const target = knownTarget(config, telemetry, (known) =>
    createPublisher({ ...ports, config: known, path: ENVIRONMENT.target, concurrency: settings.concurrency }),
  );
  // Not the clock's sleep: this timer may wait for work that never ends, and is not a pause of the work.
  const calls = callDeadlines({ now: systemClock.now, sleep: async (ms) => void (await setTimeout(ms)) });
  const client = senderOnFirstUse(() => tableClient(calls));
  return {
    ...{ ...ports, calls, client, tableName },
    table: dynamoOutboxTable({ ...ports, client, tableName, relayName, eventTypes: settings.eventTypes }),
    keys: dynamoKeyTable({ ...ports, client, tableName }),
    deadLetters: sqsDeadLetterQueue({ ...ports, client: senderOnFirstUse(() => queueClient(calls)), queueUrl }),
    publisher: tracedPublisher(target, tracing),
    archive: configuredArchive(config.archive, { ...ports, calls, client, relayName }),
    beginInvocation: invocations({ ...ports, calls, role, tracing, memoryBytes: process.memoryUsage.rss }),
  };
}

/** Makes the target from the known settings, and tells of every unknown one. */
function knownTarget(config: FunctionConfig, telemetry: Telemetry, create: (known: unknown) => Publisher): Publisher {
  const { read: target, unknown } = readKnown(config.target, create);
  const settings = [...config.unknownSettings, ...unknown];
  if (settings.length > 0) {
    telemetry.log("warn", "Settings that this version does not know are ignored", { settings: settings.join(", ") });
  }
  return target;
}
