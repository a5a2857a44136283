import type { ReplayPorts } from "../../core/replay/replay-ports.ts";
import { dynamoArchiveGaps } from "../audit/archive-gaps.ts";
import { s3ArchiveReader } from "../audit/archive-reader.ts";
import { type AuditedDeployment, archiveBucketOf } from "../audit/audit-deployment.ts";
import { withSpillFile } from "../audit/spill-file.ts";
import { replayedId } from "./new-id.ts";
import { dynamoReplayRows } from "./replay-rows.ts";

export interface ReplayedDeployment extends AuditedDeployment {
  readonly deployment: AuditedDeployment["deployment"] & { readonly tableName: string };
}

/** The ports of a replay on a deployed relay, as long as the work lasts. */
export async function withReplayPorts<Result>(
  { clients, deployment, table, journal, clock, stopped }: ReplayedDeployment,
  work: (ports: ReplayPorts, bucket: string) => Promise<Result>,
): Promise<Result> {
  const bucket = archiveBucketOf(deployment, "replay");
  const { relayName, tableName, journalTableName } = deployment;
  const archive = s3ArchiveReader({ s3: await clients.s3(), bucket, relayName, stopped });
  const client = clients.dynamodb;
  return withSpillFile((spill) => {
    const rows = dynamoReplayRows({
      ...{ client, tableName, journalTableName, clock },
      random: Math.random,
      readItem: (key) => table.readItem(key),
    });
    const gaps = dynamoArchiveGaps(client, journalTableName);
    return work({ archive, gaps, table, journal, clock, stopped, spill, rows, newId: replayedId }, bucket);
  });
}
