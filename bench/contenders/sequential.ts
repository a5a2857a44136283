import { DeleteItemCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { decodeItem } from "../../lib/core/codec/decode-row.ts";
import { takePart } from "../contender.ts";
import { BUS_NAME, streamEvent, TABLE_NAME } from "../rows.ts";

const events = new EventBridgeClient({});
const table = new DynamoDBClient({});

/** The common Lambda: one event a call, one after the other, then the delete of its row. */
takePart({
  async prepare(count) {
    const { Records } = streamEvent(count, Date.now());
    return async () => {
      for (const { dynamodb } of Records) {
        const decoded = decodeItem(dynamodb?.NewImage ?? {});
        if (decoded.kind !== "row" || decoded.row.content.kind !== "event") throw new Error("This is no event");
        const { source, type, time, json, pk, sk } = decoded.row.content.event;
        const entry = { EventBusName: BUS_NAME, Source: source, DetailType: type, Detail: json, Time: new Date(time) };
        const { FailedEntryCount } = await events.send(new PutEventsCommand({ Entries: [entry] }));
        if (FailedEntryCount !== 0) throw new Error("The stub refused an event");
        const key = { pk: { S: pk }, sk: { N: String(sk) } };
        await table.send(new DeleteItemCommand({ TableName: TABLE_NAME, Key: key }));
      }
    };
  },
});
