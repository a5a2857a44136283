import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Clock, Random } from "../../core/ports.ts";
import type { Sender } from "../first-use.ts";

export interface KeyTableOptions {
  readonly client: Sender<DynamoDBClient>;
  readonly tableName: string;
  readonly clock: Clock;
  readonly random: Random;
}
