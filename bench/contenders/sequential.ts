import { DeleteItemCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { takePart } from "../contender.ts";
import { putOne } from "../put-one.ts";
import { streamEvent, TABLE_NAME } from "../rows.ts";

const bus = new EventBridgeClient({});
const table = new DynamoDBClient({});

/** The common Lambda: one event per call, one call after the other, each followed by the delete of its row. */
takePart({
  async prepare(count) {
    const { Records } = streamEvent(count, Date.now());
    return async () => {
      for (const { dynamodb } of Records) {
        const { pk, sk } = await putOne(bus, dynamodb?.NewImage ?? {});
        const key = { pk: { S: pk }, sk: { N: String(sk) } };
        await table.send(new DeleteItemCommand({ TableName: TABLE_NAME, Key: key }));
      }
    };
  },
});
