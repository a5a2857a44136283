import {
  type CancellationReason,
  type TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import type { Item } from "../contract/codec/item.ts";
import { itemBytes } from "../contract/codec/item-size.ts";
import type { Clock, Random } from "../core/ports.ts";
import { backoffFrom } from "../core/resilience/backoff.ts";
import type { DynamoDb } from "./dynamodb.ts";
import {
  AmbiguousCommitError,
  BusinessConditionError,
  EventExistsError,
  type EventRef,
  InvalidEventError,
  SequenceTakenError,
  TooLateToRepeatError,
  TransactionTooLargeError,
  WriteRejectedError,
} from "./errors.ts";
import { isAmbiguous, isNamed, isThrottledWrite } from "./write-failure.ts";

export interface TransactionPorts {
  readonly client: DynamoDb;
  readonly clock: Clock;
  readonly random: Random;
}

/** One write of a transaction. The kind tells what a failed condition means. */
export type Part =
  | { readonly kind: "business"; readonly item: TransactWriteItem }
  | { readonly kind: "event"; readonly item: TransactWriteItem; readonly event: EventRef }
  | { readonly kind: "counter"; readonly item: TransactWriteItem; readonly key: string };

/** "TransactWriteItems", https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
const MAX_ACTIONS = 100;
const MAX_BYTES = 4 * 1024 * 1024;
/** How long DynamoDB remembers a token; the same page says 10 minutes. A minute less, since the call itself takes time. */
const TOKEN_LIFE_MS = 9 * 60_000;
/** A conflict lasts some milliseconds, and the SDK does not try a cancelled transaction again. */
const CONFLICT_BACKOFF = { jitter: "full", baseMs: 25, capMs: 400, attempts: 6, budgetMs: 2_000 } as const;

/**
 * Makes a transaction, and repeats it after a conflict with other writes to the same items.
 *
 * @returns the events that were written.
 * @throws the errors of `errors.ts`. Other answers of DynamoDB (a missing table, a permission, a malformed expression)
 * are thrown as the SDK's own error; nothing was written then.
 */
export async function commit(
  parts: readonly Part[],
  token: string,
  ports: TransactionPorts,
): Promise<readonly EventRef[]> {
  checkSize(parts);
  const { clock, random } = ports;
  const beganMs = clock.now();
  let backoff = backoffFrom(CONFLICT_BACKOFF);
  for (;;) {
    const end = await attempt(parts, token, ports);
    if (end.kind === "done") return eventsOf(parts);
    if (end.kind === "ambiguous") throw ambiguous(parts, token, ports, beganMs, end.cause);
    const next = end.kind === "conflict" ? backoff.next(clock.now() - beganMs, random) : undefined;
    if (next === undefined) throw end.kind === "conflict" ? conflict(end.cause) : end.error;
    await clock.sleep(next.waitMs);
    backoff = next.backoff;
  }
}

const eventsOf = (parts: readonly Part[]): readonly EventRef[] =>
  parts.flatMap((part) => (part.kind === "event" ? [part.event] : []));

const conflict = (cause: unknown) => new WriteRejectedError("conflict", { cause });

function ambiguous(parts: readonly Part[], token: string, ports: TransactionPorts, beganMs: number, cause: unknown) {
  return new AmbiguousCommitError(
    async () => {
      if (ports.clock.now() - beganMs > TOKEN_LIFE_MS) throw new TooLateToRepeatError({ cause });
      const end = await attempt(parts, token, ports);
      switch (end.kind) {
        case "done":
          return eventsOf(parts);
        case "ambiguous":
          throw ambiguous(parts, token, ports, beganMs, end.cause);
        case "conflict":
          throw conflict(end.cause);
        case "failed":
          throw end.error;
      }
    },
    { cause },
  );
}

function checkSize(parts: readonly Part[]): void {
  if (parts.length > MAX_ACTIONS) {
    const own = parts.filter(({ kind }) => kind === "business").length;
    throw new TransactionTooLargeError(
      `The transaction has ${parts.length} actions, ${own} of the items and ${parts.length - own} of the events, and ` +
        `${MAX_ACTIONS} is the most: split it, or write fewer events that say more.`,
    );
  }
  const bytes = parts.reduce((sum, { item }, index) => sum + actionBytes(item, index), 0);
  if (bytes > MAX_BYTES) {
    throw new TransactionTooLargeError(
      `The transaction holds ${bytes} bytes, and ${MAX_BYTES} is the most: split it, or give the outbox a claimCheck.`,
    );
  }
}

/** The bytes that can be counted here. DynamoDB also counts the stored items that an update or a check meets. */
function actionBytes({ Put, Update, Delete, ConditionCheck }: TransactWriteItem, index: number): number {
  const known = [Put?.Item, Update?.Key, Update?.ExpressionAttributeValues, Delete?.Key, ConditionCheck?.Key];
  try {
    return known.reduce((sum, item) => sum + (item === undefined ? 0 : itemBytes(item as Item)), 0);
  } catch (cause) {
    // The SDK would fail on it too, with an error that names neither the item nor the value.
    throw new InvalidEventError(
      `items[${index}]`,
      'holds what is not a value of DynamoDB, such as { S: "text" } or { N: "1" }: mend it, or use DocumentOutbox',
      { cause },
    );
  }
}

type End =
  | { readonly kind: "done" }
  | { readonly kind: "conflict"; readonly cause: unknown }
  | { readonly kind: "ambiguous"; readonly cause: unknown }
  /** Certainly not written. */
  | { readonly kind: "failed"; readonly error: unknown };

async function attempt(parts: readonly Part[], token: string, { client }: TransactionPorts): Promise<End> {
  try {
    await client.send(
      new TransactWriteItemsCommand({ TransactItems: parts.map(({ item }) => item), ClientRequestToken: token }),
    );
    return { kind: "done" };
  } catch (cause) {
    if (isNamed<TransactionCanceledException>(cause, "TransactionCanceledException")) return endOf(parts, cause);
    if (isThrottledWrite(cause)) return { kind: "failed", error: new WriteRejectedError("throttled", { cause }) };
    return isAmbiguous(cause) ? { kind: "ambiguous", cause } : { kind: "failed", error: cause };
  }
}

/** There is one reason per item, in their order; "None" stands for an item that was not to blame. */
function endOf(parts: readonly Part[], cause: TransactionCanceledException): End {
  const reasons = cause.CancellationReasons ?? [];
  const refused = parts.flatMap((part, index) =>
    reasons[index]?.Code === "ConditionalCheckFailed" ? [{ part, index, reason: reasons[index] }] : [],
  );
  if (refused.length > 0) return { kind: "failed", error: refusal(refused, cause) };
  const codes = new Set(reasons.map(({ Code }) => Code));
  if (codes.has("TransactionConflict")) return { kind: "conflict", cause };
  if (codes.has("ThrottlingError") || codes.has("ProvisionedThroughputExceeded")) {
    return { kind: "failed", error: new WriteRejectedError("throttled", { cause }) };
  }
  return { kind: "failed", error: cause };
}

interface Refused {
  readonly part: Part;
  readonly index: number;
  readonly reason: CancellationReason;
}

/** The caller's own conditions come first: they say most. If a sequence is taken, the event's own key is taken too. */
function refusal(refused: readonly Refused[], cause: unknown): Error {
  const failures = refused.flatMap(({ part, index, reason }) =>
    part.kind === "business" ? [{ index, ...(reason.Item === undefined ? {} : { stored: reason.Item }) }] : [],
  );
  const existing = refused.flatMap(({ part }) => (part.kind === "event" ? [part.event] : []));
  const keys = refused.flatMap(({ part }) => (part.kind === "counter" ? [part.key] : []));
  if (failures.length > 0) return new BusinessConditionError(failures, existing, { cause });
  return keys.length > 0 ? new SequenceTakenError(keys, { cause }) : new EventExistsError(existing, { cause });
}
