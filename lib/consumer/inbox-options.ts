import type {
  DeleteItemCommand,
  DeleteItemCommandOutput,
  GetItemCommand,
  GetItemCommandOutput,
  PutItemCommand,
  PutItemCommandOutput,
  TransactWriteItemsCommand,
  TransactWriteItemsCommandOutput,
  UpdateItemCommand,
  UpdateItemCommandOutput,
} from "@aws-sdk/client-dynamodb";
import { readFields, readFlag, readInteger, readText } from "../contract/settings/setting-reader.ts";
import { readDynamoDb, readFunction } from "./option-readers.ts";

/** The client of the inbox. `DynamoDBClient` and lib-dynamodb's `DynamoDBDocumentClient` both fit. */
export interface InboxDynamoDb {
  send(command: PutItemCommand): Promise<PutItemCommandOutput>;
  send(command: UpdateItemCommand): Promise<UpdateItemCommandOutput>;
  send(command: DeleteItemCommand): Promise<DeleteItemCommandOutput>;
  send(command: GetItemCommand): Promise<GetItemCommandOutput>;
  send(command: TransactWriteItemsCommand): Promise<TransactWriteItemsCommandOutput>;
}

export interface InboxOptions {
  readonly client: InboxDynamoDb;
  /** The inbox table: partition key `pk` (S), time to live on `expiresAt`. The construct `InboxTable` makes one. */
  readonly table: string;
  /** The consumer's name: consumers that share a table each have an inbox of their own. Never change it. */
  readonly consumer: string;
  /**
   * How long an event is remembered, in seconds: at least for as long as any sender may repeat it. From 900 (or
   * `leaseSeconds`, if that is more) to 315,360,000 (10 years).
   *
   * @default 1,296,000: 15 days, one more than SQS keeps a message
   */
  readonly keepSeconds?: number | undefined;
  /**
   * How long an attempt may take before another may begin, in seconds, if Lambda's deadline is not known. 1 to 86,400.
   *
   * @default 900: Lambda's longest timeout
   */
  readonly leaseSeconds?: number | undefined;
  /**
   * Keeps a hash of the data with the mark. An event with the source and id of an earlier one, but other data, then
   * throws an EventIdReusedError instead of counting as its duplicate. It costs a SHA-256 over the data per event, and
   * 50 bytes per row.
   *
   * @default false: only type and time tell two events with the same id apart
   */
  readonly checkPayload?: boolean | undefined;
  /**
   * Counts each event that is handled and each duplicate, as the metrics `InboxHandled` and `InboxDuplicates` of the
   * dimension `consumer` in CloudWatch's namespace `OutboxRelay`. It is a line of some 280 bytes on standard output for each
   * event, which Lambda takes to CloudWatch.
   *
   * @default false
   */
  readonly metrics?: boolean | undefined;
  /** The clock, in epoch milliseconds. @default the machine's */
  readonly now?: (() => number) | undefined;
}

export const DEFAULT_KEEP_SECONDS = 15 * 24 * 60 * 60;
export const DEFAULT_LEASE_SECONDS = 900;
const MAX_KEEP_SECONDS = 3_650 * 24 * 60 * 60;
const MAX_LEASE_SECONDS = 24 * 60 * 60;
const NAMES = ["client", "table", "consumer", "keepSeconds", "leaseSeconds", "checkPayload", "metrics", "now"] as const;

export interface InboxSettings extends Pick<InboxOptions, "client" | "table" | "consumer"> {
  readonly keepSeconds: number;
  readonly leaseSeconds: number;
  readonly checkPayload: boolean;
  readonly metrics: boolean;
  readonly now: () => number;
}

/** @throws SettingError when an option cannot be used. */
export function readInboxOptions(options: InboxOptions): InboxSettings {
  readFields("inbox", options, NAMES);
  const { client, checkPayload = false, metrics = false, now = Date.now } = options;
  const leaseSeconds = readInteger("inbox.leaseSeconds", options.leaseSeconds ?? DEFAULT_LEASE_SECONDS, {
    min: 1,
    max: MAX_LEASE_SECONDS,
  });
  return {
    client: readDynamoDb("inbox.client", client),
    table: readText("inbox.table", options.table),
    consumer: readText("inbox.consumer", options.consumer),
    leaseSeconds,
    keepSeconds: readInteger("inbox.keepSeconds", options.keepSeconds ?? DEFAULT_KEEP_SECONDS, {
      min: Math.max(leaseSeconds, DEFAULT_LEASE_SECONDS),
      max: MAX_KEEP_SECONDS,
      because: "a lease ends with its row, so a row is kept for at least Lambda's longest timeout and leaseSeconds",
    }),
    checkPayload: readFlag("inbox.checkPayload", checkPayload),
    metrics: readFlag("inbox.metrics", metrics),
    now: readFunction("inbox.now", now),
  };
}
