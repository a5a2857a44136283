import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { EventTypes } from "../../contract/settings/event-types.ts";
import type { Clock } from "../../core/ports.ts";
import type { Random } from "../../core/resilience/backoff.ts";

export interface OperatorTableOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly journalTableName: string;
  readonly relayName: string;
  /** Which rows are this relay's, where several share the table. Absent: all. */
  readonly eventTypes?: EventTypes | undefined;
  readonly clock: Clock;
  readonly random: Random;
}
