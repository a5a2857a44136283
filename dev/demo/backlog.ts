import { type DynamoDBClient, ScanCommand, type ScanCommandOutput } from "@aws-sdk/client-dynamodb";
import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { KIND_ATTRIBUTES, kindOfItem } from "../../lib/contract/codec/item-kind.ts";
import { readDeadLetter } from "../../lib/contract/dead-letter.ts";
import { PARTITION_KEY, SORT_KEY } from "../../lib/contract/item-contract.ts";

/** Counts the rows that wait in the outbox table, consistently. The relay's own items do not count. */
export async function countWaiting(dynamodb: DynamoDBClient, tableName: string): Promise<number> {
  let rows = 0;
  let after: ScanCommandOutput["LastEvaluatedKey"];
  do {
    const page: ScanCommandOutput = await dynamodb.send(
      new ScanCommand({
        TableName: tableName,
        ConsistentRead: true,
        ProjectionExpression: [PARTITION_KEY, SORT_KEY, ...KIND_ATTRIBUTES.map((_name, index) => `#a${index}`)].join(
          ", ",
        ),
        ExpressionAttributeNames: Object.fromEntries(KIND_ATTRIBUTES.map((name, index) => [`#a${index}`, name])),
        ExclusiveStartKey: after,
      }),
    );
    rows += (page.Items ?? []).filter((item) => kindOfItem(item) === "row").length;
    after = page.LastEvaluatedKey;
  } while (after !== undefined);
  return rows;
}

/** Counts the messages in a queue: those that can be received, those hidden and those delayed. */
export async function countMessages(sqs: SQSClient, queueUrl: string): Promise<number> {
  const { Attributes: attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
      ],
    }),
  );
  return Object.values(attributes).reduce((sum, text) => sum + Number(text), 0);
}

/** A message that waits in a queue, looked at without receiving it. */
export interface PeekedMessage {
  readonly messageId: string;
  readonly body: string;
  /** How often it was received. */
  readonly receives: number;
}

/** Reads a queue through an endpoint of MiniStack's own, without receiving, hiding or counting its messages. */
export async function peek(endpoint: string, queueUrl: string): Promise<readonly PeekedMessage[]> {
  const url = new URL("/_ministack/sqs/messages", endpoint);
  url.searchParams.set("QueueUrl", queueUrl);
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`GET ${url.pathname} answered ${response.status}`);
  }
  const { messages } = (await response.json()) as PeekAnswer;
  return Object.values(messages)
    .flatMap((regions) => Object.values(regions))
    .flatMap((queues) => Object.values(queues))
    .flat()
    .map(({ MessageId, Body, ReceiveCount }) => ({ messageId: MessageId, body: Body, receives: ReceiveCount }));
}

interface PeekedEntry {
  readonly MessageId: string;
  readonly Body: string;
  readonly ReceiveCount: number;
}

/** Account, then region, then queue URL. */
interface PeekAnswer {
  readonly messages: Record<string, Record<string, Record<string, PeekedEntry[]>>>;
}

/** The ids of the events that wait in the dead-letter queue. */
export async function peekParkedIds(endpoint: string, queueUrl: string): Promise<readonly string[]> {
  return (await peek(endpoint, queueUrl)).flatMap(({ body }) => {
    const deadLetter = readDeadLetter(body);
    return deadLetter.kind === "event" && deadLetter.id !== undefined ? [deadLetter.id] : [];
  });
}
