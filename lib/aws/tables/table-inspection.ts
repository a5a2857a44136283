import { DescribeTableCommand, DescribeTimeToLiveCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { keysFault, streamFault, timeToLiveFault } from "../../contract/deployment/table-shape.ts";
import { errorName } from "../../contract/telemetry/error-name.ts";
import type { Clock, Telemetry } from "../../core/ports.ts";
import type { Sender } from "../first-use.ts";

/**
 * Inspects whether the table can keep the promise: somebody may have changed it since the deployment, or it was
 * imported and synth saw nothing of it. Each finding is logged with its fix, and raises TableMisconfigured.
 */
export interface TableInspection {
  /** Tells the findings of the last inspection: in each run, so that the alarm ends once the table is repaired. */
  tell(): Promise<void>;
}

/** An inspection is two calls, which CloudTrail records; a time to live deletes its first row later than this. */
export const CHECK_EVERY_MS = 15 * 60_000;

export interface TableInspectionOptions {
  readonly client: Sender<DynamoDBClient>;
  readonly tableName: string;
  readonly clock: Pick<Clock, "now">;
  readonly telemetry: Telemetry;
}

/** The first inspection begins at once. */
export function tableInspection(options: TableInspectionOptions): TableInspection {
  const { clock, telemetry } = options;
  let look = { begunMs: clock.now(), findings: findingsIn(options) };
  return {
    async tell() {
      if (clock.now() - look.begunMs >= CHECK_EVERY_MS) {
        look = { begunMs: clock.now(), findings: findingsIn(options) };
      }
      const findings = await look.findings;
      // Unknown: the alarm stays as it is.
      if (findings !== undefined) telemetry.count("TableMisconfigured", findings);
    },
  };
}

/** Resolves with the number of findings; undefined where the table's settings cannot be looked up. */
async function findingsIn({ client, tableName, telemetry }: TableInspectionOptions): Promise<number | undefined> {
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
    return findings.length;
  } catch (error) {
    telemetry.log("warn", "The table's settings could not be looked up", {
      table: tableName,
      error: errorName(error),
    });
    return undefined;
  }
}
