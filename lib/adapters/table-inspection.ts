import { DescribeTableCommand, DescribeTimeToLiveCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Telemetry } from "../core/ports.ts";

/**
 * Looks whether the table can keep the promise: somebody may have changed it since it was deployed, or it is an
 * imported one. Each finding is logged with its fix, and raises TableMisconfigured.
 */
export async function inspectTable(client: DynamoDBClient, tableName: string, telemetry: Telemetry): Promise<void> {
  try {
    const [{ Table }, { TimeToLiveDescription }] = await Promise.all([
      client.send(new DescribeTableCommand({ TableName: tableName })),
      client.send(new DescribeTimeToLiveCommand({ TableName: tableName })),
    ]);
    const findings: string[] = [];
    const view = Table?.StreamSpecification?.StreamViewType ?? "no stream";
    if (view !== "NEW_IMAGE" && view !== "NEW_AND_OLD_IMAGES") {
      findings.push(`The table's stream has the view type ${view}: set NEW_IMAGE, or the relay sees no events`);
    }
    const timeToLive = TimeToLiveDescription?.TimeToLiveStatus ?? "DISABLED";
    if (timeToLive !== "DISABLED") {
      findings.push(`The table's time to live is ${timeToLive}: switch it off, for it deletes undelivered events`);
    }
    for (const finding of findings) telemetry.log("error", finding, { table: tableName });
    telemetry.count("TableMisconfigured", findings.length);
  } catch (error) {
    telemetry.log("warn", "The table's settings could not be looked up", {
      table: tableName,
      error: error instanceof Error ? error.name : String(error),
    });
  }
}
