import { checkPlain } from "../client/checks/check-plain.ts";
import { DocumentOutbox } from "../client/document-outbox.ts";
import type { AnyEvents } from "../client/event-input.ts";
import { Outbox } from "../client/outbox.ts";
import type { OutboxOptions } from "../client/outbox-options.ts";
import { readFlag } from "../contract/settings/setting-reader.ts";
import { COUNTER_TABLE, InMemoryDynamoDb, OUTBOX_TABLE } from "./in-memory-dynamodb.ts";
import { InMemoryTable } from "./in-memory-table.ts";

/** The options of an outbox that a test may set; the table and its client are in memory. */
export type InMemoryOutboxOptions<Events extends object> = Omit<
  OutboxOptions<Events>,
  "client" | "tableName" | "counterTableName"
> & {
  /** Whether there is a table of counters, for `ordered(key)`; the construct makes one with `counterTable: true`. @default false */
  readonly counterTable?: boolean | undefined;
};

export interface InMemory<Writer> {
  /** For the code under test: the real writer, on a table in memory. */
  readonly outbox: Writer;
  /** For the test: shows what was written, delivers it, makes writes fail. */
  readonly table: InMemoryTable;
}

/**
 * An `Outbox` without DynamoDB, for unit tests.
 *
 * It makes the same checks and throws the same errors. Conditions among the service's own items count as met: make one
 * fail with `table.failNext("business-condition")`.
 *
 * @throws SettingError for a `counterTable` that is not a boolean; the errors of `Outbox` for its options.
 */
export function inMemoryOutbox<Events extends object = AnyEvents>(
  options: InMemoryOutboxOptions<Events> = {},
): InMemory<Outbox<Events>> {
  const client = new InMemoryDynamoDb();
  return { outbox: new Outbox<Events>({ ...withTables(options), client }), table: new InMemoryTable(client) };
}

/** {@link inMemoryOutbox} for services with lib-dynamodb's document client. */
export function inMemoryDocumentOutbox<Events extends object = AnyEvents>(
  options: InMemoryOutboxOptions<Events> = {},
): InMemory<DocumentOutbox<Events>> {
  const client = new InMemoryDocumentClient();
  return { outbox: new DocumentOutbox<Events>({ ...withTables(options), client }), table: new InMemoryTable(client) };
}

function withTables<Events extends object>(given: InMemoryOutboxOptions<Events>) {
  checkPlain("options", given, 'an object such as { source: "/shop/orders" }, or left out');
  const { counterTable = false, ...options } = given;
  return {
    ...options,
    tableName: OUTBOX_TABLE,
    ...(readFlag("counterTable", counterTable) ? { counterTableName: COUNTER_TABLE } : {}),
  };
}

/** Has the method by which the writer recognises a document client. */
class InMemoryDocumentClient extends InMemoryDynamoDb {
  static from(): InMemoryDocumentClient {
    return new InMemoryDocumentClient();
  }
}
