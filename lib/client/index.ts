/** `dynamodb-outbox-relay/client`: writes events to the outbox table. Imports no CDK code. */
export { type ClaimCheck, type ClaimCheckWriter, DATAREF } from "./claim-check.ts";
export { CountedOrder } from "./counted-order.ts";
export { DocumentOutbox } from "./document-outbox.ts";
export type { DynamoDb } from "./dynamodb.ts";
export {
  AmbiguousCommitError,
  BusinessConditionError,
  EventExistsError,
  type EventRef,
  EventTooLargeError,
  type FailedCondition,
  InvalidEventError,
  OutboxError,
  SequenceTakenError,
  TooLateToRepeatError,
  TransactionTooLargeError,
  WriteRejectedError,
} from "./errors.ts";
export { type EventContext, withEventContext } from "./event-context.ts";
export type { AnyEvents, EventFields, EventInput, EventSchemas, Order, VersionOrder } from "./event-input.ts";
export type { DocumentTransactItem } from "./native-values.ts";
export { Outbox } from "./outbox.ts";
export { DEFAULT_MAX_EVENT_BYTES, type OutboxOptions } from "./outbox-options.ts";
