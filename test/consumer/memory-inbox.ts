import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";

type Row = Record<string, AttributeValue>;

/** The inbox's table in memory, with the three conditions that the inbox uses. The example's end-to-end test uses a real one. */
export class MemoryInbox {
  readonly rows = new Map<string, Row>();
  /** Effects that a transaction committed together with the mark. */
  readonly effects: TransactWriteItem[] = [];
  /** How the next call ends: the write happens or not, and then this error is thrown. */
  next: { readonly error: Error; readonly written: boolean } | undefined;

  // biome-ignore lint/suspicious/noExplicitAny: it stands in for a client whose answer depends on the command.
  async send(command: any): Promise<any> {
    const { next } = this;
    this.next = undefined;
    if (next !== undefined && !next.written) throw next.error;
    const answer = this.#answer(command);
    if (next !== undefined) throw next.error;
    return answer;
  }

  #answer(command: unknown): object {
    if (command instanceof GetItemCommand) {
      const row = this.rows.get(keyOf(command.input.Key));
      return row === undefined ? {} : { Item: row };
    }
    if (command instanceof PutItemCommand) {
      this.#refuseUnlessFree(command.input.Item, command.input.ExpressionAttributeValues);
      this.rows.set(keyOf(command.input.Item), { ...command.input.Item });
    } else if (command instanceof UpdateItemCommand) {
      const row = this.#mine(command.input.Key, command.input.ExpressionAttributeValues);
      const { ":done": state = { S: "" }, ":expiry": expiresAt = { N: "" } } =
        command.input.ExpressionAttributeValues ?? {};
      const { leaseUntil: _over, ...rest } = row;
      this.rows.set(keyOf(command.input.Key), { ...rest, state, expiresAt });
    } else if (command instanceof DeleteItemCommand) {
      this.#mine(command.input.Key, command.input.ExpressionAttributeValues);
      this.rows.delete(keyOf(command.input.Key));
    } else if (command instanceof TransactWriteItemsCommand) {
      this.#transact(command.input.TransactItems ?? []);
    } else {
      throw new TypeError("The inbox sends no such command");
    }
    return {};
  }

  #transact(items: readonly TransactWriteItem[]): void {
    const mark = items.at(-1)?.Put;
    try {
      this.#refuseUnlessFree(mark?.Item, mark?.ExpressionAttributeValues);
    } catch (error) {
      const { Item } = error as ConditionalCheckFailedException;
      const reason = { Code: "ConditionalCheckFailed", ...(Item === undefined ? {} : { Item }) };
      const CancellationReasons = [...items.slice(1).map(() => ({ Code: "None" })), reason];
      throw new TransactionCanceledException({ $metadata: {}, message: "cancelled", CancellationReasons });
    }
    this.rows.set(keyOf(mark?.Item), { ...mark?.Item });
    this.effects.push(...items.slice(0, -1));
  }

  #refuseUnlessFree(item: Row | undefined, values: Row | undefined): void {
    const row = this.rows.get(keyOf(item));
    if (row === undefined) return;
    const expired = Number(row["expiresAt"]?.N) < Number(values?.[":nowSeconds"]?.N);
    const leaseOver = row["state"]?.S === "running" && Number(row["leaseUntil"]?.N) < Number(values?.[":nowMs"]?.N);
    if (!expired && !leaseOver) throw conditionFailed(row);
  }

  #mine(key: Row | undefined, values: Row | undefined): Row {
    const row = this.rows.get(keyOf(key));
    if (row === undefined || row["owner"]?.S !== values?.[":owner"]?.S) throw conditionFailed(row);
    return row;
  }
}

const keyOf = (item: Row | undefined): string => item?.["pk"]?.S ?? "";

const conditionFailed = (Item: Row | undefined) =>
  new ConditionalCheckFailedException({ $metadata: {}, message: "failed", ...(Item === undefined ? {} : { Item }) });
