import {
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  BatchWriteItemCommand,
  type BatchWriteItemCommandInput,
  DeleteItemCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
  type ScanCommandInput,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  DescribeEventBusCommand,
  EventBridgeClient,
  PutEventsCommand,
  type PutEventsCommandInput,
  type PutEventsResultEntry,
} from "@aws-sdk/client-eventbridge";
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchCommandInput,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { Context, DynamoDBRecord } from "aws-lambda";
import { vi } from "vitest";
import { onAbort } from "../../lib/core/on-abort.ts";
import type { Clock } from "../../lib/core/ports.ts";
import { itemOf } from "../aws/fixtures.ts";
import { NEW_IMAGES, tableSchema } from "../aws/tables/table-schema.ts";
import { mockClient } from "../setup/mocked-clients.ts";
import { setVariables } from "../setup/variables.ts";

/** The variables that the construct sets. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  OUTBOX_TABLE_NAME: "outbox",
  DEAD_LETTER_QUEUE_URL: "https://sqs.us-east-1.amazonaws.com/123456789012/dead-letters",
  OUTBOX_RELAY_SETTINGS: JSON.stringify({ concurrency: 4, minAgeSeconds: 70 }),
  OUTBOX_RELAY_TARGET: JSON.stringify({ kind: "eventbridge", busName: "orders" }),
  POWERTOOLS_SERVICE_NAME: "orders-relay",
  AWS_REGION: "us-east-1",
};

type Item = Record<string, { S: string }>;
type Key = Readonly<Record<string, { readonly S?: string } | undefined>>;

/**
 * AWS as the handlers see it: mocked clients over rows in memory, and a clock on which a wait takes its time at once.
 * Everything answers with success until a test says otherwise.
 */
export function handlerWorld() {
  const dynamo = mockClient(DynamoDBClient);
  const events = mockClient(EventBridgeClient);
  const queue = mockClient(SQSClient);
  /** Rows by `pk`. */
  const rows = new Map<string, Item>();
  /** Ids in the order of their acknowledgement. */
  const delivered: string[] = [];
  const output: string[] = [];
  let nowMs = Date.parse("2026-01-01T00:00:00Z");
  const timers = new Set<{ readonly atMs: number; readonly wake: () => void }>();
  const passTime = () => {
    const [first, ...others] = [...timers].toSorted((one, other) => one.atMs - other.atMs);
    if (first === undefined) return;
    timers.delete(first);
    nowMs = Math.max(nowMs, first.atMs);
    first.wake();
    if (others.length > 0) setImmediate(passTime);
  };
  const clock: Clock & { skip(ms: number): void } = {
    now: () => nowMs,
    // A wait is over as soon as nothing else can happen.
    sleep: (ms, over) =>
      new Promise((wake) => {
        const timer = {
          atMs: nowMs + Math.ceil(ms),
          wake: () => {
            stopListening();
            wake();
          },
        };
        timers.add(timer);
        const stopListening = onAbort(over, () => timers.delete(timer));
        setImmediate(passTime);
      }),
    skip: (ms) => {
      nowMs += ms;
    },
  };

  const found = (key: Key): readonly Item[] => [rows.get(key["pk"]?.S ?? "") ?? []].flat();
  const remove = (key: Key | undefined) => rows.delete(key?.["pk"]?.S ?? "");
  dynamo.on(BatchWriteItemCommand).callsFake(({ RequestItems }: BatchWriteItemCommandInput) => {
    for (const { DeleteRequest } of RequestItems?.["outbox"] ?? []) remove(DeleteRequest?.Key as Key);
    return {};
  });
  dynamo.on(BatchGetItemCommand).callsFake(({ RequestItems }: BatchGetItemCommandInput) => ({
    Responses: { outbox: [...(RequestItems?.["outbox"]?.Keys ?? [])].flatMap((key) => found(key as Key)) },
  }));
  // Each row is in one segment, as in a table. A sweep that met it in two segments would have it in hand twice.
  dynamo.on(ScanCommand).callsFake(({ Segment = 0, TotalSegments = 1 }: ScanCommandInput) => {
    const items = [...rows].flatMap(([pk, item]) => (pk.charCodeAt(0) % TotalSegments === Segment ? [item] : []));
    return { Items: items, Count: items.length };
  });
  dynamo.on(DescribeTableCommand).resolves({ Table: { ...tableSchema(), StreamSpecification: NEW_IMAGES } });
  for (const command of [DeleteItemCommand, PutItemCommand, UpdateItemCommand, DescribeTimeToLiveCommand]) {
    dynamo.on(command as typeof DeleteItemCommand).resolves({});
  }

  events.on(DescribeEventBusCommand).resolves({});
  const answerEntries = (answer: (id: string) => PutEventsResultEntry) =>
    events.on(PutEventsCommand).callsFake(({ Entries }: PutEventsCommandInput) => ({
      Entries: (Entries ?? []).map(({ Detail }) => {
        const { id } = JSON.parse(Detail ?? "") as { readonly id: string };
        const entry = answer(id);
        if (entry.EventId !== undefined) delivered.push(id);
        return entry;
      }),
    }));
  answerEntries((id) => ({ EventId: `acknowledged-${id}` }));

  queue.on(SendMessageBatchCommand).callsFake(({ Entries }: SendMessageBatchCommandInput) => ({
    Successful: (Entries ?? []).map(({ Id }) => ({ Id })),
  }));
  queue.on(ReceiveMessageCommand).resolves({});
  queue.on(GetQueueAttributesCommand).resolves({ Attributes: {} });
  queue.on(DeleteMessageBatchCommand).resolves({});
  queue.on(ChangeMessageVisibilityBatchCommand).resolves({});

  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((text) => output.push(String(text)) > 0);
  }
  const deadLettersSent = () =>
    queue
      .commandCalls(SendMessageBatchCommand)
      .flatMap(({ args }) => args[0].input.Entries ?? [])
      .map(({ MessageBody }) => JSON.parse(MessageBody ?? "") as Readonly<Record<string, unknown>>);

  /** Starts a function anew, as a cold start does. */
  async function start<Module>(load: () => Promise<Module>, change: Readonly<Record<string, string>> = {}) {
    vi.resetModules();
    vi.doMock("../../lib/aws/system.ts", () => ({ systemClock: clock }));
    setVariables({ ...ENVIRONMENT, ...change });
    return load();
  }

  /** Writes a row, and answers with its stream record. */
  let written = 0;
  function write(id: string, change: Parameters<typeof itemOf>[0] = {}): DynamoDBRecord {
    written += 1;
    const item = itemOf({ id, recordedtime: new Date(nowMs).toISOString(), ...change }) as Item;
    rows.set(id, item);
    return {
      eventName: "INSERT",
      dynamodb: {
        NewImage: item,
        SequenceNumber: String(written).padStart(21, "0"),
        ApproximateCreationDateTime: nowMs / 1_000,
      },
    };
  }

  return { dynamo, events, queue, rows, delivered, output, clock, answerEntries, deadLettersSent, start, write };
}

/** A metric's values in the embedded metric format of the output, over all its dimensions. */
export const metricIn = (output: readonly string[], name: string): readonly number[] =>
  output
    .join("")
    .split("\n")
    .filter((line) => line.includes('"_aws"') && line.includes(`"${name}"`))
    .flatMap((line) => JSON.parse(line)[name] as number | number[]);

export function contextWith(remainingMs: number, clock: Clock): Context {
  const endsAtMs = clock.now() + remainingMs;
  return {
    awsRequestId: "request-1",
    getRemainingTimeInMillis: () => endsAtMs - clock.now(),
  } as Context;
}

/** Undoes all that a world has replaced. */
export function endOfWorld(): void {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.doUnmock("../../lib/aws/system.ts");
}
