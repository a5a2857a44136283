import { type AttributeValue, DynamoDBServiceException, type TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { type Item, itemJson } from "../contract/codec/item.ts";

/**
 * Refuses transactions that DynamoDB refuses whatever is stored, as far as that can be decided without the tables'
 * schemas.
 *
 * @param keysOf the names of the key attributes, for the tables that are known.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 *
 * @throws a ValidationException, as the SDK has it.
 */
export function refuseInvalid(
  items: readonly TransactWriteItem[],
  keysOf: Readonly<Record<string, readonly string[]>>,
): void {
  if (items.length === 0) refuse("TransactItems has no member: it must have one at least");
  const targets = new Set<string>();
  for (const item of items) {
    const { table, address, key } = targetOf(item, keysOf);
    if (table === undefined || table === "") refuse("A write of the transaction has no TableName");
    if (address === undefined) refuse("A write of the transaction has no Key, or no Item");
    // Only the table knows which attributes of an item are its key.
    if (key === undefined) continue;
    const target = `${table} ${itemJson(sortedByName(key) as Item)}`;
    if (targets.has(target)) refuse("Transaction request cannot include multiple operations on one item");
    targets.add(target);
  }
}

interface Target {
  readonly table: string | undefined;
  readonly address: Record<string, AttributeValue> | undefined;
  /** Undefined if the table's key attributes are not known here. */
  readonly key: Record<string, AttributeValue> | undefined;
}

function targetOf(
  { Put, Update, Delete, ConditionCheck }: TransactWriteItem,
  keysOf: Readonly<Record<string, readonly string[]>>,
): Target {
  if (Put !== undefined) {
    const names = keysOf[Put.TableName ?? ""];
    const inKey = ([name]: [string, AttributeValue]) => names?.includes(name);
    const key = names && Object.fromEntries(Object.entries(Put.Item ?? {}).filter(inKey));
    return { table: Put.TableName, address: Put.Item, key };
  }
  const keyed = Update ?? Delete ?? ConditionCheck;
  return { table: keyed?.TableName, address: keyed?.Key, key: keyed?.Key };
}

const sortedByName = (key: Record<string, AttributeValue>) =>
  Object.fromEntries(Object.entries(key).sort(([one], [other]) => (one < other ? -1 : 1)));

function refuse(message: string): never {
  throw new DynamoDBServiceException({
    name: "ValidationException",
    message,
    $fault: "client",
    $metadata: { httpStatusCode: 400, attempts: 1 },
  });
}
