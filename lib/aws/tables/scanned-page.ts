import { type DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { decodeItem } from "../../contract/codec/decode-row.ts";
import type { Item } from "../../contract/codec/item.ts";
import type { OutboxRow, RowKey } from "../../contract/event.ts";
import type { ScanFrom } from "../../core/ports.ts";
import type { Sender } from "../first-use.ts";
import { itemKey, nextOf } from "./item-key.ts";

interface PageFrom extends ScanFrom {
  /** @default false: eventually consistent */
  readonly consistent?: boolean;
}

/**
 * One page of a table's items: whole, or some attributes of each, which takes
 * [as many read units](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html).
 */
export async function scannedPage(
  client: Sender<DynamoDBClient>,
  tableName: string,
  { after, segment, limit, consistent = false }: PageFrom,
  attributes?: readonly string[],
): Promise<{ readonly items: readonly Item[]; readonly next?: RowKey }> {
  const answer = await client.send(
    new ScanCommand({
      TableName: tableName,
      Limit: limit,
      ...(consistent && { ConsistentRead: true }),
      ...(attributes === undefined ? {} : projection(attributes)),
      ...(after === undefined ? {} : { ExclusiveStartKey: itemKey(after) }),
      ...(segment === undefined ? {} : { Segment: segment.index, TotalSegments: segment.of }),
    }),
  );
  return { items: answer.Items ?? [], ...nextOf(answer.LastEvaluatedKey) };
}

/** Attributes get placeholder names: DynamoDB reserves words such as `owner` and allows no leading underscore. */
const projection = (attributes: readonly string[]) => ({
  ProjectionExpression: attributes.map((_name, index) => `#a${index}`).join(", "),
  ExpressionAttributeNames: Object.fromEntries(attributes.map((name, index) => [`#a${index}`, name])),
});

/** The rows among items: neither parked-key records nor leases. */
export function rowsOf(items: readonly Item[]): readonly OutboxRow[] {
  return items.flatMap((item) => {
    const decoded = decodeItem(item);
    return decoded.kind === "row" ? [decoded.row] : [];
  });
}
