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

/** The Date header of an answer has whole seconds, and is some way old: what differs by less is as good. */
const MIN_SKEW_MS = 60_000;

/** How far the machine's clock is off, as the SDK has learned from the answers of AWS. */
export function clockSkewMs(client: object): number {
  const { config } = client as { readonly config?: { readonly systemClockOffset?: unknown } };
  const offset = config?.systemClockOffset;
  return typeof offset === "number" && Math.abs(offset) >= MIN_SKEW_MS ? offset : 0;
}

/**
 * Whether this is a document client. It cannot be told by its configuration, which it shares with the plain client that it
 * was made from.
 */
export const isDocumentClient = (client: object): boolean => "from" in client.constructor;
