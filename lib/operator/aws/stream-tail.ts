import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as StreamRecord,
  TrimmedDataAccessException,
} from "@aws-sdk/client-dynamodb-streams";
import { ListEventSourceMappingsCommand } from "@aws-sdk/client-lambda";
import type { OperatorClients } from "./clients.ts";
import type { Deployment } from "./deployment.ts";
import { OperatorError } from "./operator-error.ts";

/** A change of the outbox table, as its stream tells it. */
export interface TableChange {
  readonly kind: "INSERT" | "MODIFY" | "REMOVE";
  readonly keys: NonNullable<NonNullable<StreamRecord["dynamodb"]>["Keys"]>;
  readonly image?: NonNullable<NonNullable<StreamRecord["dynamodb"]>["NewImage"]>;
  /** DynamoDB itself removed the item: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html */
  readonly expired?: boolean;
  /** Epoch milliseconds, by DynamoDB's clock: whole seconds. */
  readonly atMs: number;
}

/**
 * Follows the table's stream from now on. DynamoDB allows two readers of a shard, and the relay is one: this is the other, or
 * a third where two relays share the table.
 */
export interface StreamTail {
  /** The changes since the last call, shard by shard. Empty when there are none. */
  next(): Promise<readonly TableChange[]>;
}

/** The stream of a relay's table, and how many functions read it. */
export interface OpenedTail {
  readonly stream: StreamTail;
  readonly readers: number;
}

/** @throws OperatorError where the table has no stream that is on. */
export async function openTail({
  clients,
  deployment,
}: {
  readonly clients: OperatorClients;
  readonly deployment: Deployment;
}): Promise<OpenedTail> {
  const { Table: table } = await clients.dynamodb.send(new DescribeTableCommand({ TableName: deployment.tableName }));
  // A stream that was switched off keeps its name, and tells of nothing new.
  const arn = table?.StreamSpecification?.StreamEnabled === true ? table.LatestStreamArn : undefined;
  if (arn === undefined) {
    throw new OperatorError(
      "failed",
      `The table ${deployment.tableName} has no stream that is on: outbox-relay doctor tells more.`,
    );
  }
  const { EventSourceMappings: mappings = [] } = await clients.lambda.send(
    new ListEventSourceMappingsCommand({ EventSourceArn: arn }),
  );
  const readers = mappings.filter(({ State: state }) => state !== "Disabled" && state !== "Deleting").length;
  return { stream: await tailStream(clients.streams, arn), readers };
}

async function tailStream(client: DynamoDBStreamsClient, streamArn: string): Promise<StreamTail> {
  const iterators = new Map<string, string | undefined>();

  /** New shards are read from their beginning: all of their records are younger than the last call. */
  async function findShards(type: "LATEST" | "TRIM_HORIZON"): Promise<void> {
    let after: string | undefined;
    do {
      const { StreamDescription: stream } = await client.send(
        new DescribeStreamCommand({ StreamArn: streamArn, ExclusiveStartShardId: after }),
      );
      for (const { ShardId: id, SequenceNumberRange: range } of stream?.Shards ?? []) {
        if (id === undefined || iterators.has(id)) continue;
        const closed = range?.EndingSequenceNumber !== undefined;
        iterators.set(id, closed && type === "LATEST" ? undefined : await iteratorOf(id, type));
      }
      after = stream?.LastEvaluatedShardId;
    } while (after !== undefined);
  }

  async function iteratorOf(shardId: string, type: "LATEST" | "TRIM_HORIZON"): Promise<string | undefined> {
    const answer = await client.send(
      new GetShardIteratorCommand({ StreamArn: streamArn, ShardId: shardId, ShardIteratorType: type }),
    );
    return answer.ShardIterator;
  }

  async function readShard(id: string, iterator: string): Promise<readonly TableChange[]> {
    try {
      const { Records: records = [], NextShardIterator: next } = await client.send(
        new GetRecordsCommand({ ShardIterator: iterator }),
      );
      iterators.set(id, next);
      return records.flatMap(changeOf);
    } catch (error) {
      if (!(error instanceof ExpiredIteratorException || error instanceof TrimmedDataAccessException)) throw error;
      iterators.set(id, await iteratorOf(id, "LATEST"));
      return [];
    }
  }

  await findShards("LATEST");
  return {
    async next() {
      const open = [...iterators].flatMap(([id, iterator]) =>
        iterator === undefined ? [] : [[id, iterator] as const],
      );
      const changes = await Promise.all(open.map(([id, iterator]) => readShard(id, iterator)));
      if ([...iterators.values()].some((iterator) => iterator === undefined) || open.length === 0) {
        await findShards("TRIM_HORIZON");
      }
      return changes.flat();
    },
  };
}

function changeOf({ eventName, dynamodb, userIdentity }: StreamRecord): readonly TableChange[] {
  if (eventName === undefined || dynamodb?.Keys === undefined) return [];
  const { Keys: keys, NewImage: image, ApproximateCreationDateTime: at } = dynamodb;
  const expired = userIdentity?.PrincipalId === "dynamodb.amazonaws.com";
  return [
    {
      kind: eventName,
      keys,
      atMs: at?.getTime() ?? 0,
      ...(expired && { expired }),
      ...(image === undefined ? {} : { image }),
    },
  ];
}
