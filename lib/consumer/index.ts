/** `dynamodb-outbox-relay/consumer`: handles events that may come twice. Imports no CDK code. */
export { SettingError } from "../contract/settings/setting-reader.ts";
export { asCloudEvent, type CloudEvent, NotACloudEventError } from "./cloud-event.ts";
export {
  type BatchResponse,
  type EventHandler,
  type HandleEventsOptions,
  type HandlerContext,
  handleEvents,
  type InvocationHandler,
  type KafkaBatchResponse,
  type LambdaContext,
} from "./handle-events.ts";
export { idempotent } from "./idempotent.ts";
export { EventIdReusedError, EventInProgressError, LeaseLostError } from "./inbox.ts";
export { DEFAULT_KEEP_SECONDS, DEFAULT_LEASE_SECONDS, type InboxDynamoDb, type InboxOptions } from "./inbox-options.ts";
export type { Outcome } from "./outcome.ts";
export type { KafkaPosition } from "./received-record.ts";
export { unwrap } from "./unwrap.ts";
export {
  type NewerThanStored,
  newerThanStored,
  SEQUENCE_ATTRIBUTE,
  type UpsertOptions,
  upsertBySequence,
} from "./upsert-by-sequence.ts";
export { type ClaimCheckReader, DataRefError, fetchData, type WithDataOptions, withData } from "./with-data.ts";
export { type Effect, inboxEntry, withDocumentTransaction, withTransaction } from "./with-transaction.ts";
