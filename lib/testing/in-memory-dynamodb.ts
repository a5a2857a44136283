import {
  type AttributeValue,
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  type TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { COUNTER_KEY, COUNTER_VALUE } from "../client/counted-order.ts";
import { keyText } from "../contract/event.ts";
import { PARTITION_KEY, SORT_KEY } from "../contract/item-contract.ts";
import { readOneOf } from "../contract/settings/setting-reader.ts";
import { refuseInvalid } from "./transaction-rules.ts";

type Row = Record<string, AttributeValue>;

/**
 * How the next write ends.
 *
 * - `business-condition`: a condition among the service's own items does not hold (the first one's).
 * - `event-exists`: the outbox already holds an event at that key.
 * - `sequence-taken`: another transaction was faster with the key's next sequence.
 * - `throttled`: DynamoDB has no capacity.
 * - `not-written`, `written`: no answer comes; the write did not happen, or did. `repeat()` of the error finds out.
 */
export type NextFailure = (typeof NEXT_FAILURES)[number];

const NEXT_FAILURES = [
  ...(["business-condition", "event-exists", "sequence-taken"] as const),
  ...(["throttled", "not-written", "written"] as const),
] as const;

export const OUTBOX_TABLE = "in-memory-outbox";
export const COUNTER_TABLE = "in-memory-counters";

const KEYS = { [OUTBOX_TABLE]: [PARTITION_KEY, SORT_KEY], [COUNTER_TABLE]: [COUNTER_KEY] };

/**
 * The part of DynamoDB that the writer uses: puts on condition that no item is there, counters, and tokens. It refuses
 * with the SDK's own errors, so the real writer runs on it.
 */
export class InMemoryDynamoDb {
  readonly rows = new Map<string, Row>();
  /** The service's own items of every transaction that was made. */
  readonly transactions: (readonly TransactWriteItem[])[] = [];
  readonly #counters = new Map<string, number>();
  readonly #tokens = new Set<string>();
  #next: NextFailure | Error | undefined;

  /** @throws SettingError for an unknown failure. */
  failNext(failure: NextFailure | Error): void {
    this.#next = failure instanceof Error ? failure : readOneOf("failNext", failure, NEXT_FAILURES);
  }

  remove(row: Row): void {
    this.rows.delete(keyOf(row));
  }

  // biome-ignore lint/suspicious/noExplicitAny: each command has its answer; the interface that this stands in for says which.
  async send(command: TransactWriteItemsCommand | PutItemCommand | GetItemCommand): Promise<any> {
    if (command instanceof GetItemCommand) return this.#readCounter(command);
    const failure = this.#next;
    this.#next = undefined;
    if (failure instanceof Error) throw failure;
    if (failure === "throttled") throw named("ProvisionedThroughputExceededException", 400);
    if (failure === "not-written") throw named("TimeoutError");
    if (command instanceof PutItemCommand) this.#put(command, failure);
    else this.#transact(command, failure);
    if (failure === "written") throw named("TimeoutError");
    return {};
  }

  #readCounter({ input }: GetItemCommand): { readonly Item?: Row } {
    const key = input.Key?.[COUNTER_KEY]?.S ?? "";
    const value = this.#counters.get(key);
    return value === undefined ? {} : { Item: { [COUNTER_KEY]: { S: key }, [COUNTER_VALUE]: { N: String(value) } } };
  }

  #put({ input }: PutItemCommand, failure: NextFailure | undefined): void {
    if (failure === "business-condition" || failure === "sequence-taken") throw unmeetable(failure);
    const stored = this.rows.get(keyOf(input.Item));
    if (stored !== undefined || failure === "event-exists") {
      throw new ConditionalCheckFailedException({
        $metadata: {},
        message: "The conditional request failed",
        ...(stored === undefined ? {} : { Item: stored }),
      });
    }
    this.#store(input.Item ?? {});
  }

  #transact({ input }: TransactWriteItemsCommand, failure: NextFailure | undefined): void {
    const { TransactItems: items = [], ClientRequestToken: token = "" } = input;
    if (this.#tokens.has(token)) return;
    refuseInvalid(items, KEYS);
    if (failure !== undefined && MEETS[failure]?.(items) === false) throw unmeetable(failure);
    const reasons = items.map((item) => (this.#refuses(item, failure) ? CONDITION_FAILED : NOT_TO_BLAME));
    if (failure === "business-condition") reasons[items.findIndex(isOwn)] = CONDITION_FAILED;
    if (reasons.includes(CONDITION_FAILED)) {
      throw new TransactionCanceledException({
        $metadata: {},
        message: "Transaction cancelled",
        CancellationReasons: reasons,
      });
    }
    this.#tokens.add(token);
    const own: TransactWriteItem[] = [];
    for (const item of items) {
      if (isEvent(item)) this.#store(item.Put?.Item ?? {});
      else if (isCounter(item)) this.#raise(item);
      else own.push(item);
    }
    this.transactions.push(own);
  }

  #refuses(item: TransactWriteItem, failure: NextFailure | undefined): boolean {
    if (isEvent(item)) return failure === "event-exists" || this.rows.has(keyOf(item.Put?.Item));
    if (!isCounter(item)) return false;
    const last = item.Update?.ExpressionAttributeValues?.[":last"]?.N ?? "0";
    return failure === "sequence-taken" || Number(last) !== (this.#counters.get(counterOf(item)) ?? 0);
  }

  #store(row: Row): void {
    this.rows.set(keyOf(row), structuredClone(row));
  }

  #raise(item: TransactWriteItem): void {
    this.#counters.set(counterOf(item), Number(item.Update?.ExpressionAttributeValues?.[":next"]?.N));
  }
}

const CONDITION_FAILED = { Code: "ConditionalCheckFailed" };
const NOT_TO_BLAME = { Code: "None" };

const keyOf = (row: Row | undefined): string => keyText({ pk: row?.["pk"]?.S ?? "", sk: row?.["sk"]?.N ?? "" });
const counterOf = (item: TransactWriteItem): string => item.Update?.Key?.[COUNTER_KEY]?.S ?? "";
const isEvent = ({ Put }: TransactWriteItem): boolean => Put?.TableName === OUTBOX_TABLE;
const isCounter = ({ Update }: TransactWriteItem): boolean => Update?.TableName === COUNTER_TABLE;

const isOwn = (item: TransactWriteItem): boolean => !isEvent(item) && !isCounter(item);

/** What a transaction must hold so that a failure can happen. A test that asks for an impossible failure gets an error. */
const MEETS: Partial<Record<NextFailure, (items: readonly TransactWriteItem[]) => boolean>> = {
  "business-condition": (items) => items.some(isOwn),
  "event-exists": (items) => items.some(isEvent),
  "sequence-taken": (items) => items.some(isCounter),
};

const NEEDED: Partial<Record<NextFailure, string>> = {
  "business-condition": "items but the outbox's own",
  "event-exists": "event",
  "sequence-taken": "event in the order of a counter",
};

const unmeetable = (failure: NextFailure): Error =>
  new TypeError(`The write that was to meet ${failure} has no ${NEEDED[failure]}`);

const named = (name: string, httpStatusCode?: number): Error =>
  Object.assign(new Error(`${name}, as the test asked for`), {
    name,
    $metadata: httpStatusCode === undefined ? {} : { httpStatusCode },
  });
