import type { PutItemCommand, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { type Item, itemJson } from "../contract/codec/item.ts";
import { checkItems } from "./checks/check-items.ts";
import { checkClient, checkOptionsObject } from "./checks/check-options.ts";
import type { CountedOrder } from "./counted-order.ts";
import { type DynamoDb, isDocumentClient } from "./dynamodb.ts";
import { BusinessConditionError, type EventRef, InvalidEventError } from "./errors.ts";
import type { AnyEvents, EventInput } from "./event-input.ts";
import { type DocumentTransactItem, type Translation, translationOf } from "./native-values.ts";
import { Outbox } from "./outbox.ts";
import type { OutboxOptions } from "./outbox-options.ts";

/**
 * {@link Outbox} for lib-dynamodb's document client: items go in and come out with native values. The client's own
 * `marshallOptions` and `unmarshallOptions` apply.
 */
export class DocumentOutbox<Events extends object = AnyEvents> {
  readonly #outbox: Outbox<Events>;
  readonly #client: DynamoDb;

  /** @throws InvalidEventError when an option cannot be used. */
  constructor(options: OutboxOptions<Events>) {
    checkOptionsObject(options);
    const { client } = options;
    checkClient(client);
    if (!isDocumentClient(client)) {
      throw new InvalidEventError(
        "client",
        "is not a document client: use new Outbox, or DynamoDBDocumentClient.from(client)",
      );
    }
    this.#client = client;
    // A document client sends plain commands unchanged; only the items differ.
    this.#outbox = new Outbox<Events>({ ...options, client: plainSide(client) });
  }

  /** {@link Outbox.entry} for `TransactWriteCommand`. */
  async entry(event: EventInput<Events>): Promise<DocumentTransactItem> {
    return nativeEntry(await this.#outbox.entry(event), translationOf(this.#client));
  }

  /** {@link Outbox.entries} for `TransactWriteCommand`. */
  async entries(events: readonly EventInput<Events>[]): Promise<DocumentTransactItem[]> {
    const entries = await this.#outbox.entries(events);
    return entries.map((entry) => nativeEntry(entry, translationOf(this.#client)));
  }

  /** {@link Outbox.transact}, with items as `TransactWriteCommand` takes them. */
  async transact(
    items: readonly DocumentTransactItem[],
    events: readonly EventInput<Events>[],
  ): Promise<readonly EventRef[]> {
    checkItems(items);
    const translation = translationOf(this.#client);
    try {
      return await this.#outbox.transact(items.map(translation.plainAction), events);
    } catch (error) {
      throw withNativeItems(error, translation);
    }
  }

  /** {@link Outbox.put}. */
  put(event: EventInput<Events>): Promise<EventRef> {
    return this.#outbox.put(event);
  }

  /** {@link Outbox.ordered}. */
  ordered(key: string): Promise<CountedOrder> {
    return this.#outbox.ordered(key);
  }
}

/** The same connections and settings, but not recognisable as a document client, which {@link Outbox} refuses. */
function plainSide(client: DynamoDb): DynamoDb & { readonly config: unknown } {
  const send = (command: PutItemCommand) => client.send(command);
  return { send: send as DynamoDb["send"], config: (client as { readonly config?: unknown }).config };
}

/** The client translates the entry's item again, so the item must survive that unchanged. */
function nativeEntry(entry: TransactWriteItem, translation: Translation): DocumentTransactItem {
  const native = translation.nativeAction(entry);
  const row = entry.Put?.Item as Item | undefined;
  if (row !== undefined && itemJson(row) !== itemJson(translation.plainAction(native).Put?.Item as Item)) {
    throw new InvalidEventError(
      "data",
      "is an empty string, which this client writes as NULL (convertEmptyValues): leave data out, or use transact()",
    );
  }
  return native;
}

/** Translates the stored items of a BusinessConditionError to native values; returns any other error as it is. */
export function withNativeItems(error: unknown, { nativeItem }: Translation): unknown {
  if (!(error instanceof BusinessConditionError)) return error;
  const { failures, existing, cause } = error;
  const native = failures.map(({ index, stored }) =>
    stored === undefined ? { index } : { index, stored: nativeItem(stored as Parameters<typeof nativeItem>[0]) },
  );
  return new BusinessConditionError(native, existing, { cause });
}
