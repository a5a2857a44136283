import { setTimeout as sleep } from "node:timers/promises";
import { type AttributeValue, GetItemCommand, PutItemCommand, type TransactWriteItem } from "@aws-sdk/client-dynamodb";
import type { NewEvent } from "../contract/codec/encode-row.ts";
import { itemJson } from "../contract/codec/item.ts";
import { FIRST_SEQUENCE, PARTITION_KEY } from "../contract/item-contract.ts";
import { checkEvent, checkKey } from "./checks/check-event.ts";
import { checkEvents, checkItems, refuseNothing } from "./checks/check-items.ts";
import { checkClient, checkNow, checkOptions, checkOptionsObject } from "./checks/check-options.ts";
import { type ClaimCheck, readClaimCheck } from "./claim-check.ts";
import { COUNTER_KEY, COUNTER_VALUE, CountedOrder } from "./counted-order.ts";
import { clockSkewMs, isDocumentClient } from "./dynamodb.ts";
import { encodeEvent } from "./encode-event.ts";
import {
  AmbiguousCommitError,
  EventExistsError,
  type EventRef,
  InvalidEventError,
  WriteRejectedError,
} from "./errors.ts";
import { currentEventContext } from "./event-context.ts";
import type { AnyEvents, EventInput } from "./event-input.ts";
import { DEFAULT_MAX_EVENT_BYTES, type OutboxOptions } from "./outbox-options.ts";
import { validateData } from "./schemas.ts";
import { commit, type Part } from "./transaction.ts";
import { uuidV7 } from "./uuid-v7.ts";
import { isAmbiguous, isConditionFailure, isThrottledWrite } from "./write-failure.ts";

interface EventPut {
  readonly TableName: string;
  readonly Item: Record<string, AttributeValue>;
  readonly ConditionExpression: string;
}

/** A checked event and its row. */
interface Prepared {
  readonly ref: EventRef;
  readonly put: { readonly Put: EventPut };
  readonly counted: CountedOrder | undefined;
}

/**
 * Writes events to the outbox table, in one transaction with the changes they tell of.
 *
 * ```ts
 * const outbox = new Outbox({ client, tableName, source: "/shop/orders" });
 * await outbox.transact([{ Put: { TableName: "Orders", Item: order } }], [{ type: "order.placed", data: { orderId } }]);
 * ```
 *
 * With lib-dynamodb's document client, use {@link DocumentOutbox}.
 */
export class Outbox<Events extends object = AnyEvents> {
  readonly #options: OutboxOptions<Events>;
  readonly #claimCheck: ClaimCheck | undefined;

  /** @throws InvalidEventError when an option cannot be used. */
  constructor(options: OutboxOptions<Events>) {
    checkOptionsObject(options);
    checkClient(options.client);
    if (isDocumentClient(options.client)) {
      throw new InvalidEventError("client", "is a document client: use new DocumentOutbox, which takes native values");
    }
    this.#options = options;
    this.#claimCheck = readClaimCheck(options.claimCheck);
    checkOptions(options as OutboxOptions<never>);
  }

  /**
   * The write of one event, for the caller's own transaction.
   *
   * @throws InvalidEventError, EventTooLargeError; see {@link entries} for an event in the order of a counter.
   */
  async entry(event: EventInput<Events>): Promise<TransactWriteItem> {
    const { put, counted } = await this.#prepare(event);
    if (counted !== undefined) {
      throw new InvalidEventError(
        "order",
        "comes from ordered(key), which takes two writes: the event's and the counter's. Use entries() or transact()",
      );
    }
    return put;
  }

  /**
   * The writes of events, for the caller's own transaction: one per event, and a second one for an event whose place
   * comes from a counter. All of them belong in one transaction.
   */
  async entries(events: readonly EventInput<Events>[]): Promise<TransactWriteItem[]> {
    return (await this.#parts(events)).map(({ item }) => item);
  }

  /**
   * Writes items and events: all or nothing.
   *
   * @param items of the caller, as TransactWriteItems takes them.
   * @returns the events that were written, in their order, with their ids: for logs.
   * @throws BusinessConditionError when a condition among the items did not hold.
   * @throws EventExistsError, SequenceTakenError, WriteRejectedError, TransactionTooLargeError, InvalidEventError,
   * EventTooLargeError: nothing was written.
   * @throws AmbiguousCommitError when no answer came; its `repeat()` is safe.
   */
  async transact(
    items: readonly TransactWriteItem[],
    events: readonly EventInput<Events>[],
  ): Promise<readonly EventRef[]> {
    checkItems(items);
    refuseNothing(items, events);
    const business = items.map((item): Part => ({ kind: "business", item }));
    return this.#commit([...business, ...(await this.#parts(events))]);
  }

  /**
   * Writes one event without other writes, for half the price of a transaction. It resolves once the table has the
   * event: while the target fails, the event waits there, and the writer notices nothing.
   *
   * @returns the event that was written, with its id.
   * @throws the errors of {@link transact}.
   */
  async put(event: EventInput<Events>): Promise<EventRef> {
    const prepared = await this.#prepare(event);
    if (prepared.counted === undefined) await this.#putRow(prepared);
    else await this.#commit(partsOf(prepared));
    return prepared.ref;
  }

  /**
   * The next place of a key, for one event in one transaction. Two transactions may get the same place: then the second
   * to commit throws a SequenceTakenError, and has to call this again.
   */
  async ordered(key: string): Promise<CountedOrder> {
    const { client, counterTableName } = this.#options;
    if (counterTableName === undefined) {
      throw new InvalidEventError(
        "counterTableName",
        "is missing: ordered(key) needs the table of counters, which the construct makes with counterTable: true",
      );
    }
    const { Item } = await client.send(
      new GetItemCommand({
        TableName: counterTableName,
        Key: { [COUNTER_KEY]: { S: checkKey("key", key) } },
        ConsistentRead: true,
      }),
    );
    const last = Number(Item?.[COUNTER_VALUE]?.N ?? FIRST_SEQUENCE - 1);
    return new CountedOrder(key, last + 1, counterTableName);
  }

  async #parts(events: readonly EventInput<Events>[]): Promise<readonly Part[]> {
    checkEvents(events);
    // Array.from sees the holes of a sparse list, and refuses them as events.
    const prepared = await Promise.all(Array.from(events, (event) => this.#prepare(event)));
    refuseRepetitions(prepared.map(({ ref }) => ref));
    return prepared.flatMap(partsOf);
  }

  async #putRow(prepared: Prepared): Promise<readonly EventRef[]> {
    const { Put: row } = prepared.put;
    try {
      await this.#options.client.send(new PutItemCommand({ ...row, ReturnValuesOnConditionCheckFailure: "ALL_OLD" }));
    } catch (cause) {
      if (!isConditionFailure(cause)) {
        throw this.#putFailure(prepared, cause);
      }
      // The SDK repeats a put whose answer was lost. Then the row that is already there is this one.
      const stored = cause.Item;
      // It may be another's event, and whoever logs the error would log its payload.
      delete cause.Item;
      if (stored === undefined || !sameItem(stored, row.Item)) throw new EventExistsError([prepared.ref], { cause });
    }
    return [prepared.ref];
  }

  #putFailure(prepared: Prepared, cause: unknown): unknown {
    if (isThrottledWrite(cause)) return new WriteRejectedError("throttled", { cause });
    // If the row was written and delivered meanwhile, the event goes out again with the same id.
    return isAmbiguous(cause) ? new AmbiguousCommitError(() => this.#putRow(prepared), { cause }) : cause;
  }

  #commit(parts: readonly Part[]): Promise<readonly EventRef[]> {
    return commit(parts, uuidV7(), {
      client: this.#options.client,
      clock: { now: () => this.#now(), sleep: async (ms) => void (await sleep(ms)) },
      random: Math.random,
    });
  }

  async #prepare(input: EventInput<Events>): Promise<Prepared> {
    const {
      source,
      schemas,
      gzip = true,
      maxEventBytes = DEFAULT_MAX_EVENT_BYTES,
      newId = uuidV7,
      tableName,
    } = this.#options;
    const checked = checkEvent(input, { source, ...currentEventContext(), nowMs: this.#now(), newId });
    const event = schemas === undefined ? checked : await validateData(checked, schemas);
    const item = await encodeEvent(event, { gzip, maxEventBytes, claimCheck: this.#claimCheck });
    return {
      ref: refOf(event),
      put: {
        Put: {
          TableName: tableName,
          Item: item as Record<string, AttributeValue>,
          ConditionExpression: `attribute_not_exists(${PARTITION_KEY})`,
        },
      },
      counted: input.order instanceof CountedOrder ? input.order : undefined,
    };
  }

  #now(): number {
    const { now = Date.now, client } = this.#options;
    return checkNow(now()) + clockSkewMs(client);
  }
}

const partsOf = ({ put, ref, counted }: Prepared): readonly Part[] => [
  { kind: "event", item: put, event: ref },
  ...(counted === undefined ? [] : [{ kind: "counter" as const, item: counted.claim, key: counted.key }]),
];

const refOf = ({ id, type, order }: NewEvent): EventRef => ({ id, type, ...(order === undefined ? {} : { order }) });

/** A transaction has no order inside, so it may hold one event per key; and each event needs an id of its own. */
function refuseRepetitions(events: readonly EventRef[]): void {
  const ids = new Set<string>();
  const keys = new Set<string>();
  for (const { id, order } of events) {
    if (ids.has(id))
      throw new InvalidEventError("id", "is that of another event of the transaction: each has one of its own");
    ids.add(id);
    if (order === undefined) continue;
    if (keys.has(order.key)) {
      throw new InvalidEventError(
        "order.key",
        "is that of another event of the transaction: a transaction has no order inside, so write one event that says " +
          "both, or two transactions",
      );
    }
    keys.add(order.key);
  }
}

/** Compares the writer's attributes alone: the relay may already have marked the row. */
function sameItem(stored: Record<string, AttributeValue>, written: Record<string, AttributeValue>): boolean {
  const own = Object.fromEntries(Object.keys(written).map((name) => [name, stored[name] ?? {}])) as typeof written;
  return itemJson(own as never) === itemJson(written as never);
}
