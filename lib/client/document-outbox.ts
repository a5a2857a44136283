import type { PutItemCommand, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { marshall, type marshallOptions, unmarshall } from "@aws-sdk/util-dynamodb";
import type { CountedOrder } from "./counted-order.ts";
import { type DynamoDb, isDocumentClient } from "./dynamodb.ts";
import { BusinessConditionError, InvalidEventError } from "./errors.ts";
import type { AnyEvents, EventInput } from "./event-input.ts";
import { Outbox } from "./outbox.ts";
import type { OutboxOptions } from "./outbox-options.ts";

/** An item with native values, as lib-dynamodb has it. */
// biome-ignore lint/suspicious/noExplicitAny: lib-dynamodb's own type of a native value; `unknown` would refuse interfaces.
type NativeItem = Record<string, any>;

/** A write of a transaction with native values: `TransactWriteCommand` of lib-dynamodb takes it, and the other way round. */
export interface DocumentTransactItem {
  ConditionCheck?: NativeAction<"ConditionCheck", "Key"> | undefined;
  Put?: NativeAction<"Put", "Item"> | undefined;
  Delete?: NativeAction<"Delete", "Key"> | undefined;
  Update?: NativeAction<"Update", "Key"> | undefined;
}

type NativeAction<Kind extends keyof TransactWriteItem, Address extends string> = Omit<
  NonNullable<TransactWriteItem[Kind]>,
  Address | "ExpressionAttributeValues"
> & { [Name in Address]: NativeItem | undefined } & { ExpressionAttributeValues?: NativeItem | undefined };

/**
 * {@link Outbox} for lib-dynamodb's document client: items go in and come out with native values. The client's own
 * `marshallOptions` are kept to.
 */
export class DocumentOutbox<Events extends object = AnyEvents> {
  readonly #outbox: Outbox<Events>;
  readonly #marshallOptions: marshallOptions;

  /** @throws InvalidEventError when an option cannot be used. */
  constructor(options: OutboxOptions<Events>) {
    const { client } = options;
    if (!isDocumentClient(client)) {
      throw new InvalidEventError(
        "client",
        "is no document client: use new Outbox, or DynamoDBDocumentClient.from(client)",
      );
    }
    this.#marshallOptions = marshallOptionsOf(client);
    // Plain commands go through a document client as they are; only the items differ.
    this.#outbox = new Outbox<Events>({ ...options, client: plainSide(client) });
  }

  /** {@link Outbox.entry} for `TransactWriteCommand`. */
  async entry(event: EventInput<Events>): Promise<DocumentTransactItem> {
    return nativeOf(await this.#outbox.entry(event));
  }

  /** {@link Outbox.entries} for `TransactWriteCommand`. */
  async entries(events: readonly EventInput<Events>[]): Promise<DocumentTransactItem[]> {
    return (await this.#outbox.entries(events)).map(nativeOf);
  }

  /** {@link Outbox.transact}, with items as `TransactWriteCommand` takes them. */
  async transact(items: readonly DocumentTransactItem[], events: readonly EventInput<Events>[]): Promise<void> {
    try {
      await this.#outbox.transact(
        items.map((item) => plainItem(item, this.#marshallOptions)),
        events,
      );
    } catch (error) {
      throw error instanceof BusinessConditionError ? withNativeItems(error) : error;
    }
  }

  /** {@link Outbox.put}. */
  put(event: EventInput<Events>): Promise<void> {
    return this.#outbox.put(event);
  }

  /** {@link Outbox.ordered}. */
  ordered(key: string): Promise<CountedOrder> {
    return this.#outbox.ordered(key);
  }
}

/** The same connections and settings without the look of a document client, which {@link Outbox} refuses. */
function plainSide(client: DynamoDb): DynamoDb & { readonly config: unknown } {
  const send = (command: PutItemCommand) => client.send(command);
  return { send: send as DynamoDb["send"], config: (client as { readonly config?: unknown }).config };
}

function marshallOptionsOf(client: object): marshallOptions {
  const { config } = client as {
    readonly config?: { readonly translateConfig?: { marshallOptions?: marshallOptions } };
  };
  return config?.translateConfig?.marshallOptions ?? {};
}

/** A write with native values as one with DynamoDB's own. */
export function plainItem(item: DocumentTransactItem, options: marshallOptions = {}): TransactWriteItem {
  return translated(item, (values) => marshall(values, { ...options, convertTopLevelContainer: false }));
}

const nativeOf = (item: TransactWriteItem): DocumentTransactItem => translated(item, (values) => unmarshall(values));

const PARTS_WITH_VALUES = ["Item", "Key", "ExpressionAttributeValues"];

/** Translates what holds values, in whichever of the four actions it stands; names and expressions are texts either way. */
function translated<Target>(item: object, translate: (values: NativeItem) => NativeItem): Target {
  const actions = Object.entries(item).map(([kind, action]: [string, object | undefined]) => {
    const parts = Object.entries(action ?? {}).map(([name, part]: [string, NativeItem | undefined]) => [
      name,
      part !== undefined && PARTS_WITH_VALUES.includes(name) ? translate(part) : part,
    ]);
    return [kind, Object.fromEntries(parts)];
  });
  return Object.fromEntries(actions) as Target;
}

function withNativeItems({ failures, existing, cause }: BusinessConditionError): BusinessConditionError {
  const native = failures.map(({ index, stored }) =>
    stored === undefined ? { index } : { index, stored: unmarshall(stored as Parameters<typeof unmarshall>[0]) },
  );
  return new BusinessConditionError(native, existing, { cause });
}
