import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { EventTypes } from "../../contract/settings/event-types.ts";
import type { Clock, Random } from "../../core/ports.ts";

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
