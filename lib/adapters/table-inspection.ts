import { DescribeTableCommand, DescribeTimeToLiveCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Telemetry } from "../core/ports.ts";
import { keysFault, streamFault, timeToLiveFault } from "../core/table-shape.ts";

/**
 * Looks whether the table can keep the promise: somebody may have changed it since it was deployed, or it is an
 * imported one, of which synth saw nothing. Each finding is logged with its fix, and raises TableMisconfigured.
 */
export async function inspectTable(client: DynamoDBClient, tableName: string, telemetry: Telemetry): Promise<void> {
  try {
    const [{ Table: table = {} }, { TimeToLiveDescription: timeToLive }] = await Promise.all([
      client.send(new DescribeTableCommand({ TableName: tableName })),
      client.send(new DescribeTimeToLiveCommand({ TableName: tableName })),
    ]);
    const findings = (
      [
        [keysFault(table), "No key can be changed: deploy the relay with another table"],
        [streamFault(table), "Set it, which makes a new stream, and deploy again: the relay sees no events"],
        [
          timeToLiveFault(timeToLive?.TimeToLiveStatus),
          "Switch it off, by the command that outbox-relay doctor prints",
        ],
      ] as const
    ).flatMap(([fault, fix]) =>
      fault === undefined ? [] : [`The outbox table cannot be used as it is: ${fault}. ${fix}`],
    );
    for (const finding of findings) telemetry.log("error", finding, { table: tableName });
    telemetry.count("TableMisconfigured", findings.length);
  } catch (error) {
    telemetry.log("warn", "The table's settings could not be looked up", {
      table: tableName,
      error: error instanceof Error ? error.name : String(error),
    });
  }
}
