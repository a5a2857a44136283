import type {
  GetItemCommand,
  GetItemCommandOutput,
  PutItemCommand,
  PutItemCommandOutput,
  TransactWriteItemsCommand,
  TransactWriteItemsCommandOutput,
} from "@aws-sdk/client-dynamodb";

/**
 * What the writer asks of DynamoDB. `DynamoDBClient` and lib-dynamodb's `DynamoDBDocumentClient` both fit: either sends
 * the plain commands.
 */
export interface DynamoDb {
  send(command: TransactWriteItemsCommand): Promise<TransactWriteItemsCommandOutput>;
  send(command: PutItemCommand): Promise<PutItemCommandOutput>;
  send(command: GetItemCommand): Promise<GetItemCommandOutput>;
}

/** The time, corrected by what the SDK has learned from answers where the machine's clock is off. */
export function clockSkewMs(client: object): number {
  const { config } = client as { readonly config?: { readonly systemClockOffset?: unknown } };
  return typeof config?.systemClockOffset === "number" ? config.systemClockOffset : 0;
}

/**
 * Whether this is a document client. It cannot be told by its configuration, which it shares with the plain client that it
 * was made from.
 */
export const isDocumentClient = (client: object): boolean => "from" in client.constructor;
