import { createHash, randomUUID } from "node:crypto";
import {
  type AttributeValue,
  type ConditionalCheckFailedException,
  DeleteItemCommand,
  type DeleteItemCommandOutput,
  GetItemCommand,
  type GetItemCommandOutput,
  PutItemCommand,
  type PutItemCommandOutput,
  type TransactWriteItem,
  type TransactWriteItemsCommand,
  type TransactWriteItemsCommandOutput,
  UpdateItemCommand,
  type UpdateItemCommandOutput,
} from "@aws-sdk/client-dynamodb";
import { readFields, readInteger, readText } from "../core/setting-reader.ts";
import type { CloudEvent } from "./cloud-event.ts";

/** What the inbox asks of DynamoDB. `DynamoDBClient` and lib-dynamodb's `DynamoDBDocumentClient` both fit. */
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
  /** Who consumes: consumers that share a table each have an inbox of their own. Never change it. */
  readonly consumer: string;
  /**
   * How long an event is remembered, in seconds: at least as long as anything upstream may bring it again. 900, or
   * `leaseSeconds` where that is longer, to 315,360,000 (10 years).
   *
   * @default 1,296,000: 15 days, one more than SQS keeps a message
   */
  readonly keepSeconds?: number | undefined;
  /**
   * How long an attempt may take before another may begin, in seconds, where Lambda's deadline is not known. 1 to 86,400.
   *
   * @default 900: Lambda's longest timeout
   */
  readonly leaseSeconds?: number | undefined;
  /** The clock, in epoch milliseconds. @default the machine's */
  readonly now?: (() => number) | undefined;
}

export const DEFAULT_KEEP_SECONDS = 15 * 24 * 60 * 60;
export const DEFAULT_LEASE_SECONDS = 900;
const MAX_KEEP_SECONDS = 3_650 * 24 * 60 * 60;
const MAX_LEASE_SECONDS = 24 * 60 * 60;
const OPTIONS = ["client", "table", "consumer", "keepSeconds", "leaseSeconds", "now"] as const;
/** A process is stopped at its deadline, but its last request may still be on its way. */
const LEASE_MARGIN_MS = 1_000;

/** Another attempt at the event is under way. Let it come again later: then that attempt has succeeded, or is over. */
export class EventInProgressError extends Error {
  override readonly name = "EventInProgressError";
}

/** The attempt took longer than its lease, and another one began: the effect may have happened twice. Give it more time. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
}

/** Two events have one source and id, so one of them would be lost: their writer must give each an id of its own. */
export class EventIdReusedError extends Error {
  override readonly name = "EventIdReusedError";
}

/** The inbox table's partition key (S). */
export const INBOX_KEY = "pk";
/** The attribute (N, epoch seconds) for the table's time to live. */
export const INBOX_EXPIRY = "expiresAt";

type State = "running" | "done";

/**
 * One consumer's memory of the events it has handled. A row per event: `running` while an attempt holds its lease, `done`
 * after one succeeded, until it expires.
 */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #keepSeconds: number;
  readonly #leaseSeconds: number;

  /** @throws SettingError when an option cannot be used. */
  constructor(options: InboxOptions) {
    readFields("inbox", options, OPTIONS);
    for (const name of ["table", "consumer"] as const) readText(`inbox.${name}`, options[name]);
    this.#options = options;
    this.#leaseSeconds = readInteger("inbox.leaseSeconds", options.leaseSeconds ?? DEFAULT_LEASE_SECONDS, {
      min: 1,
      max: MAX_LEASE_SECONDS,
    });
    this.#keepSeconds = readInteger("inbox.keepSeconds", options.keepSeconds ?? DEFAULT_KEEP_SECONDS, {
      min: Math.max(this.#leaseSeconds, DEFAULT_LEASE_SECONDS),
      max: MAX_KEEP_SECONDS,
      because:
        "a lease ends with its row, so a row is kept as long as Lambda's longest timeout and leaseSeconds at least",
    });
  }

  /** Begins an attempt, unless the event is done. Resolves with the lease. @throws EventInProgressError, EventIdReusedError */
  async begin(event: CloudEvent, deadlineMs: number | undefined): Promise<"done" | Lease> {
    const owner = randomUUID();
    const leaseUntilMs =
      deadlineMs === undefined ? this.now() + this.#leaseSeconds * 1_000 : deadlineMs + LEASE_MARGIN_MS;
    const row = { ...this.#row(event, "running"), owner: { S: owner }, leaseUntil: { N: String(leaseUntilMs) } };
    try {
      await this.#options.client.send(new PutItemCommand({ ...this.#whereFree(), Item: row }));
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      // The SDK repeats a put whose answer was lost: then the row in the way is this attempt's own.
      if (error.Item?.["owner"]?.S !== owner) {
        // What ended in this very moment is free now.
        return this.standing(event, error.Item) === "done" ? "done" : this.begin(event, deadlineMs);
      }
    }
    return this.#lease(event, owner);
  }

  /** Looks whether the event is done. @throws EventInProgressError, EventIdReusedError */
  async look(event: CloudEvent): Promise<"done" | "free"> {
    const { client, table } = this.#options;
    const { Item } = await client.send(
      new GetItemCommand({ TableName: table, Key: this.#key(event), ConsistentRead: true }),
    );
    return Item === undefined ? "free" : this.standing(event, Item);
  }

  /** The write that marks an event as done, on condition that it is not: for the transaction that holds the effect. */
  entry(event: CloudEvent): TransactWriteItem {
    return { Put: { ...this.#whereFree(), Item: this.#row(event, "done") } };
  }

  now(): number {
    return (this.#options.now ?? Date.now)();
  }

  /**
   * What a row says about an event that met it. A row that is free by now says "free".
   *
   * @throws EventInProgressError, EventIdReusedError
   */
  standing(event: CloudEvent, row: Record<string, AttributeValue> = {}): "done" | "free" {
    if (Number(row[INBOX_EXPIRY]?.N) < this.now() / 1_000) return "free";
    if (row["type"]?.S !== event.type || row["time"]?.S !== (event.time ?? "")) {
      throw new EventIdReusedError(
        `The id ${JSON.stringify(event.id)} of ${JSON.stringify(event.source)} came before with type ` +
          `${JSON.stringify(row["type"]?.S)} and time ${JSON.stringify(row["time"]?.S)}, and now with ` +
          `${JSON.stringify(event.type)} and ${JSON.stringify(event.time)}: each event needs an id of its own.`,
      );
    }
    if (row["state"]?.S === "done") return "done";
    const untilMs = Number(row["leaseUntil"]?.N);
    if (untilMs < this.now()) return "free";
    throw new EventInProgressError(
      `Another attempt at the event ${JSON.stringify(event.id)} is under way, until ${new Date(untilMs).toISOString()} at most.`,
    );
  }

  #lease(event: CloudEvent, owner: string): Lease {
    const { client, table } = this.#options;
    const mine = {
      TableName: table,
      Key: this.#key(event),
      ConditionExpression: "#owner = :owner",
      ExpressionAttributeNames: { "#owner": "owner" },
      ExpressionAttributeValues: { ":owner": { S: owner } },
    };
    return {
      done: async () => {
        const names = { ...mine.ExpressionAttributeNames, "#state": "state", "#expiry": INBOX_EXPIRY };
        const values = { ":done": { S: "done" }, ":expiry": this.#expiry() };
        try {
          await client.send(
            new UpdateItemCommand({
              ...mine,
              UpdateExpression: "SET #state = :done, #expiry = :expiry REMOVE leaseUntil",
              ExpressionAttributeNames: names,
              ExpressionAttributeValues: { ...mine.ExpressionAttributeValues, ...values },
            }),
          );
        } catch (cause) {
          if (!isConditionFailure(cause)) throw cause;
          throw new LeaseLostError(
            `The attempt at the event ${JSON.stringify(event.id)} took longer than its lease, and another one has begun: ` +
              "raise leaseSeconds above the handler's longest time.",
            { cause },
          );
        }
      },
      release: async () => {
        try {
          await client.send(new DeleteItemCommand(mine));
        } catch (error) {
          // Somebody else's by now, or gone: there is nothing to give back.
          if (!isConditionFailure(error)) throw error;
        }
      },
    };
  }

  #row(event: CloudEvent, state: State): Record<string, AttributeValue> {
    return {
      ...this.#key(event),
      state: { S: state },
      // To tell a repetition from another event that was given the same id.
      type: { S: event.type },
      time: { S: event.time ?? "" },
      [INBOX_EXPIRY]: this.#expiry(),
    };
  }

  #expiry(): AttributeValue.NMember {
    return { N: String(Math.ceil(this.now() / 1_000) + this.#keepSeconds) };
  }

  #key({ source, id }: CloudEvent): Record<string, AttributeValue> {
    return { [INBOX_KEY]: { S: inboxKey(this.#options.consumer, source, id) } };
  }

  /** DynamoDB may take days to delete what has expired, so that is a condition of its own. */
  #whereFree() {
    const nowMs = this.now();
    return {
      TableName: this.#options.table,
      ConditionExpression:
        "attribute_not_exists(#pk) OR #expiry < :nowSeconds OR (#state = :running AND leaseUntil < :nowMs)",
      ExpressionAttributeNames: { "#pk": INBOX_KEY, "#expiry": INBOX_EXPIRY, "#state": "state" },
      ExpressionAttributeValues: {
        ":nowSeconds": { N: String(nowMs / 1_000) },
        ":nowMs": { N: String(nowMs) },
        ":running": { S: "running" },
      },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
    };
  }
}

/** The right to be the one attempt at an event. */
export interface Lease {
  /** The effect has happened. @throws LeaseLostError */
  done(): Promise<void>;
  /** The attempt failed, and another may begin at once. */
  release(): Promise<void>;
}

const MAX_KEY_BYTES = 2_048;

/** An id is unique within its source only. A list, since any of the three may hold any character. */
function inboxKey(consumer: string, source: string, id: string): string {
  const key = JSON.stringify([consumer, source, id]);
  return Buffer.byteLength(key) <= MAX_KEY_BYTES ? key : createHash("sha256").update(key).digest("hex");
}

const isConditionFailure = (error: unknown): error is ConditionalCheckFailedException =>
  error instanceof Error && error.name === "ConditionalCheckFailedException";
