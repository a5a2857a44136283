import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { type CallTimeouts, httpHandler } from "../../../aws/aws-clients.ts";
import type { AuditFunctionConfig } from "../../../contract/deployment/environment.ts";
import { minParkedMsOf } from "../../../contract/settings/settings.ts";
import { errorName } from "../../../contract/telemetry/error-name.ts";
import type { Clock, Random, Telemetry } from "../../../core/ports.ts";
import { AuditStopped } from "../../core/audit/reading.ts";
import { type ScheduledAuditResult, scheduledAudit } from "../../core/audit/scheduled-audit.ts";
import { dynamoJournal } from "../journal.ts";
import { OperatorError } from "../operator-error.ts";
import { dynamoOperatorTable } from "../operator-table.ts";
import { auditDeployment } from "./audit-deployment.ts";

/** A page of the table and a large object take longer than a row. */
const TIMEOUTS: CallTimeouts = { connectMs: 1_000, requestMs: 15_000 };
/** The reader of the archive has 40 objects in hand. */
const SOCKETS = 50;
/** Nobody waits for it, and a run that gives up is one that an alarm tells of. */
const MAX_ATTEMPTS = 5;

export interface AuditFunctionPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

/**
 * The audit of a schedule, in a function.
 *
 * @returns the run. It takes the time at which it must be over, in epoch milliseconds.
 */
export function auditFunction(
  { tableName, relayName, settings, archive, audit }: AuditFunctionConfig,
  { clock, random, telemetry }: AuditFunctionPorts,
): (endMs: number) => Promise<ScheduledAuditResult> {
  const options = { requestHandler: httpHandler(TIMEOUTS, SOCKETS), maxAttempts: MAX_ATTEMPTS };
  const dynamodb = new DynamoDBClient(options);
  const s3 = new S3Client(options);
  const journalTableName = archive.journal;
  const { eventTypes } = settings;
  const table = dynamoOperatorTable({
    client: dynamodb,
    ...{ tableName, journalTableName, relayName, eventTypes, clock, random },
  });
  const audited = {
    clients: { dynamodb, s3: async () => s3 },
    deployment: { archiveBucketName: archive.bucket, journalTableName, relayName },
    journal: dynamoJournal(dynamodb, journalTableName),
    ...{ table, clock },
  };
  const ports = {
    ...{ clock, telemetry },
    audit: (...[request, found, stopped]: Parameters<Parameters<typeof scheduledAudit>[0]["audit"]>) =>
      auditDeployment({ ...audited, stopped }, request, found),
  };
  const invocationMs = minParkedMsOf(settings);
  const keepsOrder = settings.ordering !== "none";
  return async (endMs) => {
    try {
      return await scheduledAudit(ports, { ...audit, invocationMs, keepsOrder }, endMs);
    } catch (error) {
      telemetry.log("error", "The audit did not come to its end", {
        error: errorName(error instanceof OperatorError ? (error.cause ?? error) : error),
        why:
          error instanceof AuditStopped ? "its time is over: let it run more often, with a shorter window" : undefined,
      });
      throw error;
    }
  };
}
