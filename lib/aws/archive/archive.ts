import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { gapKeyOf, NOTED_AT } from "../../contract/archive/archive-gap.ts";
import type { ArchiveConfig } from "../../contract/deployment/environment.ts";
import type { Clock, Random } from "../../core/ports.ts";
import type { ArchivePort } from "../../core/process/process.ts";
import type { RequestsEnd } from "../aws-clients.ts";
import { onFirstUse, type Sender } from "../first-use.ts";

export interface ArchiveOptions {
  readonly relayName: string;
  readonly clock: Clock;
  readonly random: Random;
  /** The end of the running invocation's requests. */
  readonly calls: RequestsEnd;
  /** For the journal. */
  readonly client: Sender<DynamoDBClient>;
}

/**
 * The configured archive, or none. The writer of its objects stands in a file of its own beside the bundle, only where an
 * archive is configured: a function without one neither loads nor contains it. If that file is missing, no object is
 * written, and what is missing is noted; events are delivered all the same.
 */
export function configuredArchive(
  config: ArchiveConfig | undefined,
  { client, ...options }: ArchiveOptions,
): ArchivePort | undefined {
  if (config === undefined) return undefined;
  const { bucket, payload: withPayload, journal } = config;
  // Not awaited: a caller that loads the bundle by require() refuses a top-level await.
  const writer = onFirstUse(() => import("#archive").then(({ s3Archive }) => s3Archive({ ...options, bucket })));
  return {
    withPayload,
    archive: {
      write: async (lines) => (await writer()).write(lines),
      async noteMissing(fromMs) {
        const { pk, sk } = gapKeyOf(fromMs);
        await client.send(
          new UpdateItemCommand({
            TableName: journal,
            Key: { pk: { S: pk }, sk: { S: sk } },
            UpdateExpression: `SET ${NOTED_AT} = if_not_exists(${NOTED_AT}, :now)`,
            ExpressionAttributeValues: { ":now": { S: new Date(options.clock.now()).toISOString() } },
          }),
        );
      },
    },
  };
}
