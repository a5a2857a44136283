import { type AttributeValue, PutItemCommand } from "@aws-sdk/client-dynamodb";
import type { Item } from "../../contract/codec/item.ts";
import type { OperatorClients } from "./clients.ts";

/** Writes a row. Rejects where its key is taken. */
export async function putNewItem({ dynamodb }: OperatorClients, tableName: string, item: Item): Promise<void> {
  await dynamodb.send(
    new PutItemCommand({
      TableName: tableName,
      Item: item as Record<string, AttributeValue>,
      ConditionExpression: "attribute_not_exists(pk)",
    }),
  );
}
