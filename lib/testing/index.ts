/** `dynamodb-outbox-relay/testing`: an outbox in memory, for unit tests of services. */
export type { NextFailure } from "./in-memory-dynamodb.ts";
export {
  type InMemory,
  type InMemoryOutboxOptions,
  inMemoryDocumentOutbox,
  inMemoryOutbox,
} from "./in-memory-outbox.ts";
export type { DeliverOptions, InMemoryTable } from "./in-memory-table.ts";
