import { createHash, randomUUID } from "node:crypto";
import {
  type AttributeValue,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  type TransactWriteItem,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { isConditionFailure } from "../client/write-failure.ts";
import { acrossCopies, CLASS } from "../contract/class-brand.ts";
import { MAX_KEY_BYTES } from "../contract/item-contract.ts";
import { shownKind } from "../contract/shown-value.ts";
import { type CloudEvent, NotACloudEventError } from "./cloud-event.ts";
import { inboxLine } from "./inbox-metrics.ts";
import { type InboxOptions, type InboxSettings, readInboxOptions } from "./inbox-options.ts";
import type { Outcome } from "./outcome.ts";
import { payloadHash } from "./payload-hash.ts";
import { shownReceived } from "./shown-received.ts";

/** A process is stopped at its deadline, but its last request may arrive later. */
const LEASE_MARGIN_MS = 1_000;

/** Another attempt at the event is in progress. Let the event come again later, when that attempt is over. */
export class EventInProgressError extends Error {
  /** @internal */
  static readonly [CLASS]: string = "EventInProgressError";
  /** @internal */
  static override readonly [Symbol.hasInstance] = acrossCopies;
  override readonly name = "EventInProgressError";
}

/**
 * The attempt took longer than its lease, and another one began: the effect may have happened twice. Raise
 * `leaseSeconds`.
 */
export class LeaseLostError extends Error {
  /** @internal */
  static readonly [CLASS]: string = "LeaseLostError";
  /** @internal */
  static override readonly [Symbol.hasInstance] = acrossCopies;
  override readonly name = "LeaseLostError";
}

/** Two different events have the same source and id, so one would be lost: their writer must give each its own id. */
export class EventIdReusedError extends Error {
  /** @internal */
  static readonly [CLASS]: string = "EventIdReusedError";
  /** @internal */
  static override readonly [Symbol.hasInstance] = acrossCopies;
  override readonly name = "EventIdReusedError";
}

/** The inbox table's partition key (S). */
export const INBOX_KEY = "pk";
/** The attribute (N, epoch seconds) for the table's time to live. */
export const INBOX_EXPIRY = "expiresAt";

/** The hash of the data (S), where payloads are checked. */
const HASH = "payload";

type State = "running" | "done";

/**
 * One consumer's memory of the events it has handled. A row per event: `running` while an attempt holds its lease, `done`
 * after one succeeded, until it expires.
 */
export class Inbox {
  readonly #settings: InboxSettings;

  /** @throws SettingError when an option cannot be used. */
  constructor(options: InboxOptions) {
    this.#settings = readInboxOptions(options);
  }

  /**
   * Begins an attempt, unless the event is done; resolves with its lease.
   *
   * @throws EventInProgressError, EventIdReusedError
   */
  async begin(event: CloudEvent, deadlineMs: number | undefined): Promise<"done" | Lease> {
    const owner = randomUUID();
    const leaseUntilMs =
      deadlineMs === undefined ? this.now() + this.#settings.leaseSeconds * 1_000 : deadlineMs + LEASE_MARGIN_MS;
    const row = { ...this.#row(event, "running"), owner: { S: owner }, leaseUntil: { N: String(leaseUntilMs) } };
    try {
      await this.#settings.client.send(new PutItemCommand({ ...this.#whereFree(), Item: row }));
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      // The SDK repeats a put whose answer was lost: then the row in the way is this attempt's own.
      if (error.Item?.["owner"]?.S !== owner) {
        // An attempt that ended just now leaves the row free.
        return this.standing(event, error.Item) === "done" ? "done" : this.begin(event, deadlineMs);
      }
    }
    return this.#lease(event, owner);
  }

  /** Reads whether the event is done. @throws EventInProgressError, EventIdReusedError */
  async look(event: CloudEvent): Promise<"done" | "free"> {
    const { client, table } = this.#settings;
    const { Item } = await client.send(
      new GetItemCommand({ TableName: table, Key: this.#key(event), ConsistentRead: true }),
    );
    return Item === undefined ? "free" : this.standing(event, Item);
  }

  /** The write that marks an event as done, on condition that it is not done yet: for the transaction with the effect. */
  entry(event: CloudEvent): TransactWriteItem {
    return { Put: { ...this.#whereFree(), Item: this.#row(event, "done") } };
  }

  now(): number {
    return this.#settings.now();
  }

  /** Counts how an event ended, where that is asked for. */
  counted(outcome: Outcome): Outcome {
    const { metrics, consumer } = this.#settings;
    if (metrics) console.log(inboxLine(consumer, outcome, this.now()));
    return outcome;
  }

  /**
   * The state of an event, by the row found at its key. A row that has expired, or whose lease is over, counts as
   * "free".
   *
   * @throws EventInProgressError, EventIdReusedError
   */
  standing(event: CloudEvent, row: Record<string, AttributeValue> = {}): "done" | "free" {
    if (Number(row[INBOX_EXPIRY]?.N) < this.now() / 1_000) return "free";
    this.#refuseReuse(event, row);
    if (row["state"]?.S === "done") return "done";
    const untilMs = Number(row["leaseUntil"]?.N);
    if (untilMs < this.now()) return "free";
    throw new EventInProgressError(
      `Another attempt at the event ${shownReceived("id", event.id)} is in progress, until ${shownTime(untilMs)} at most. ` +
        "If this is frequent, the queue brings events again too early: its visibility timeout must be at least the function's timeout.",
    );
  }

  #refuseReuse(event: CloudEvent, row: Record<string, AttributeValue>): void {
    const difference = this.#difference(event, row);
    if (difference === undefined) return;
    throw new EventIdReusedError(
      `The id ${shownReceived("id", event.id)} of ${shownReceived("source", event.source)} came before with ${difference}: each event needs ` +
        "an id of its own.",
    );
  }

  #difference(event: CloudEvent, row: Record<string, AttributeValue>): string | undefined {
    const { type } = event;
    const time = timeOf(event);
    const [storedType, storedTime] = [row["type"]?.S, row["time"]?.S];
    if (storedType !== type || storedTime !== time) {
      return (
        `type ${shownReceived("type", storedType)} and time ${shownReceived("time", storedTime)}, and now with ` +
        `${shownReceived("type", type)} and ${shownReceived("time", event.time)}`
      );
    }
    // A row written before the check was switched on has no hash.
    const hash = this.#settings.checkPayload ? row[HASH]?.S : undefined;
    return hash === undefined || hash === payloadHash(event) ? undefined : "other data";
  }

  #lease(event: CloudEvent, owner: string): Lease {
    const { client, table } = this.#settings;
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
            `The attempt at the event ${shownReceived("id", event.id)} took longer than its lease, and another one has begun: ` +
              "raise leaseSeconds above the handler's longest time.",
            { cause },
          );
        }
      },
      release: async () => {
        try {
          await client.send(new DeleteItemCommand(mine));
        } catch (error) {
          // The lease is another attempt's by now, or gone: there is nothing to give back.
          if (!isConditionFailure(error)) throw error;
        }
      },
    };
  }

  #row(event: CloudEvent, state: State): Record<string, AttributeValue> {
    return {
      ...this.#key(event),
      state: { S: state },
      // To tell a repetition from a different event with the same id.
      type: { S: event.type },
      time: { S: timeOf(event) },
      ...(this.#settings.checkPayload ? { [HASH]: { S: payloadHash(event) } } : {}),
      [INBOX_EXPIRY]: this.#expiry(),
    };
  }

  #expiry(): AttributeValue.NMember {
    return { N: String(Math.ceil(this.now() / 1_000) + this.#settings.keepSeconds) };
  }

  #key({ source, id }: CloudEvent): Record<string, AttributeValue> {
    return { [INBOX_KEY]: { S: inboxKey(this.#settings.consumer, source, id) } };
  }

  /** DynamoDB may take days to delete an expired row, so the condition checks the expiry. */
  #whereFree() {
    const nowMs = this.now();
    return {
      TableName: this.#settings.table,
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

/** The exclusive right to attempt an event. */
export interface Lease {
  /** The effect has happened. @throws LeaseLostError */
  done(): Promise<void>;
  /** The attempt failed, and another may begin at once. */
  release(): Promise<void>;
}

/** An id is unique only within its source. The key is a JSON list, since each part may hold any character. */
function inboxKey(consumer: string, source: string, id: string): string {
  const key = JSON.stringify([consumer, source, id]);
  return Buffer.byteLength(key) <= MAX_KEY_BYTES ? key : createHash("sha256").update(key).digest("hex");
}

/** Only what the inbox keeps of an event is checked here: an event of another sender may have a time that is no string. */
function timeOf({ time }: { readonly time?: unknown }): string {
  // In CloudEvents' JSON format null says that an attribute is not set.
  if (time === undefined || time === null) return "";
  if (typeof time === "string") return time;
  throw new NotACloudEventError(`time is ${shownKind(time)}: it must be a string.`);
}

/** The row may be another writer's, with a number that no date is. */
function shownTime(epochMs: number): string {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? "the end of its row" : date.toISOString();
}
