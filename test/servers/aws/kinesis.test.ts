import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  waitUntilStreamExists,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { LOCAL_CREDENTIALS, LOCAL_REGION } from "../../../lib/local/environment.ts";
import { createPublisher } from "../../../lib/targets/kinesis/publisher.ts";
import { WAIT_HANGS_AFTER_MS } from "../../setup/hanging.ts";
import { describeTarget } from "../contract.ts";
import { type OpenTarget, type ReceivedEvent, receivedJson, type TargetEngine } from "../engine.ts";
import { emulatedAws } from "./emulated-aws.ts";

/** Several shards, so that the partition key matters. */
const SHARDS = 3;

describeTarget("a Kinesis data stream", kinesisEngine);

async function kinesisEngine(): Promise<TargetEngine> {
  const { emulator, proxy, end } = await emulatedAws();
  const client = new KinesisClient({
    endpoint: emulator.endpoint,
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
    // The SDK would speak HTTP/2, which the emulator does not support without TLS.
    requestHandler: new NodeHttpHandler(),
  });
  let streams = 0;
  return {
    createPublisher,
    proxy,
    traits: { deduplicates: false, ordered: true, missingCode: /ResourceNotFound/ },
    async open(): Promise<OpenTarget> {
      streams += 1;
      const StreamName = `contract-${streams}`;
      await client.send(new CreateStreamCommand({ StreamName, ShardCount: SHARDS }));
      await waitUntilStreamExists(
        { client, maxWaitTime: WAIT_HANGS_AFTER_MS / 1_000, minDelay: 1, maxDelay: 1 },
        { StreamName },
      );
      const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamName }));
      const missing = "no-such-stream";
      return {
        config: { kind: "kinesis", streamArn: StreamDescription?.StreamARN, alsoTo: [missing] },
        missing,
        received: () => everythingIn(client, StreamName),
        close: async () => void (await client.send(new DeleteStreamCommand({ StreamName }))),
      };
    },
    async end() {
      client.destroy();
      await end();
    },
  };
}

/** Reads a stream from its beginning. The emulator numbers all records in one row, so their order is that of arrival. */
async function everythingIn(client: KinesisClient, StreamName: string): Promise<readonly ReceivedEvent[]> {
  const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamName }));
  const records: { readonly at: bigint; readonly event: ReceivedEvent }[] = [];
  for (const { ShardId } of StreamDescription?.Shards ?? []) {
    const { ShardIterator: start } = await client.send(
      new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: "TRIM_HORIZON" }),
    );
    for (let ShardIterator = start; ShardIterator !== undefined; ) {
      const page = await client.send(new GetRecordsCommand({ ShardIterator }));
      for (const { SequenceNumber = "0", Data } of page.Records ?? []) {
        records.push({ at: BigInt(SequenceNumber), event: receivedJson(Buffer.from(Data ?? "").toString()) });
      }
      ShardIterator = page.Records?.length ? page.NextShardIterator : undefined;
    }
  }
  return records.toSorted((one, other) => (one.at < other.at ? -1 : 1)).map(({ event }) => event);
}
