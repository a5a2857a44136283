import type {
  GetItemCommand,
  GetItemCommandOutput,
  PutItemCommand,
  PutItemCommandOutput,
  TransactWriteItemsCommand,
  TransactWriteItemsCommandOutput,
} from "@aws-sdk/client-dynamodb";

/**
 * What the writer asks of DynamoDB. `DynamoDBClient` and lib-dynamodb's `DynamoDBDocumentClient` both fit: both send
 * the plain commands.
 */
export interface DynamoDb {
  send(command: TransactWriteItemsCommand): Promise<TransactWriteItemsCommandOutput>;
  send(command: PutItemCommand): Promise<PutItemCommandOutput>;
  send(command: GetItemCommand): Promise<GetItemCommandOutput>;
}

/** The Date header of an answer has whole seconds and is already a little old: a smaller difference means nothing. */
const MIN_SKEW_MS = 60_000;

/** How far the machine's clock is off, in milliseconds, as the SDK measured it from AWS's answers. */
export function clockSkewMs(client: object): number {
  const { config } = client as { readonly config?: { readonly systemClockOffset?: unknown } };
  const offset = config?.systemClockOffset;
  return typeof offset === "number" && Math.abs(offset) >= MIN_SKEW_MS ? offset : 0;
}

/**
 * Whether this is a document client. Its configuration does not tell: it shares that with the plain client it was made
 * from.
 */
export const isDocumentClient = (client: object): boolean =>
  typeof client.constructor === "function" && "from" in client.constructor;
