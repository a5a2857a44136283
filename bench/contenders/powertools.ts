import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import { DeleteItemCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { DynamoDBRecord } from "aws-lambda";
import { takePart } from "../contender.ts";
import { putOne } from "../put-one.ts";
import { streamEvent, TABLE_NAME } from "../rows.ts";

const processor = new BatchProcessor(EventType.DynamoDBStreams);
const bus = new EventBridgeClient({});
const table = new DynamoDBClient({});

/** A Lambda as Powertools documents it: one call per record, all at once, with the failures reported. */
async function handleRecord({ dynamodb }: DynamoDBRecord): Promise<void> {
  const { pk, sk } = await putOne(bus, dynamodb?.NewImage ?? {});
  await table.send(new DeleteItemCommand({ TableName: TABLE_NAME, Key: { pk: { S: pk }, sk: { N: String(sk) } } }));
}

takePart({
  async prepare(events) {
    const batch = streamEvent(events, Date.now());
    return async () => {
      const { batchItemFailures } = await processPartialResponse(batch, handleRecord, processor);
      if (batchItemFailures.length > 0) throw new Error(`Powertools left ${batchItemFailures.length} events`);
    };
  },
});
