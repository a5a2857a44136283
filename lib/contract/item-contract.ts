/**
 * The item contract, version 1: what any program in any language may write to the outbox table.
 *
 * An item *is* a CloudEvent 1.0; its attributes carry the CloudEvents names, plus two key attributes. This file holds
 * only the names and limits, so that the relay, the CDK constructs and the writers share one truth.
 */

/** Partition key (S): the ordering key, or the event id for an unordered event. */
export const PARTITION_KEY = "pk";
/** Sort key (N): the sequence within the partition key, 1, 2, 3 ...; 1 for an unordered event. */
export const SORT_KEY = "sk";

/** An attribute whose name begins with this belongs to the relay, never to a writer. */
export const RESERVED_PREFIX = "_";
/** A `pk` that begins with this is a requeuer's at sort key 0, and never an ordering key. Any other is a writer's. */
export const LEASE_PREFIX = "_requeuer#";
/** The first place in a sequence. */
export const FIRST_SEQUENCE = 1;
/** The sort key of an event without order, under its own id. */
export const UNORDERED_SORT_KEY = "1";

/** The relay's own attributes on an event's row. A new put of the row removes them all. */
export const MARKS = {
  /** N, epoch milliseconds: no attempt before this time. Absent: due at once. */
  notBefore: "_notBefore",
  /** N: how many rounds of publishing ended with a failure of this event's own (event scope). */
  attempts: "_attempts",
  /** S: why the event is parked, for people. */
  reason: "_reason",
  /** N, epoch milliseconds: when the sweep first saw a row that carries no usable `recordedtime`. */
  seenAt: "_seenAt",
  /** S: the operator's act that holds the row until `_notBefore`, so that nobody else takes the row. */
  heldBy: "_heldBy",
} as const;

/**
 * The parked-key record: the item of an ordering key at this sort key, with the version. It exists while the key is
 * parked and holds these attributes; no event has any of them.
 */
export const PARKED_KEY_SORT_KEY = "0";
export const PARKED_KEY = {
  /**
   * N: raised by every function that parks, touches or drains the key. Only the version last read may be deleted. No
   * writer may use this name, so it tells the record from anything else at sort key 0: a condition, a filter and a
   * projection can ask for it, but none of them can ask whether an item has nothing else.
   */
  version: "_ver",
  /** S: who drains the key now. */
  owner: "owner",
  /** N, epoch milliseconds: the drainer's claim ends by itself. */
  leaseUntil: "leaseUntil",
  /** N, epoch milliseconds: nobody drains the key before this. */
  notBefore: "notBefore",
  /** N: how many rounds ended with a failure of the first event's own. */
  attempts: "attempts",
  /** S: why the key is parked, for people. */
  reason: "reason",
  /** N, epoch milliseconds: when the key's dead letter went to the dead-letter queue. */
  deadLetterAt: "dlqAt",
} as const;

/** The row of a requeuer's lease, one for each relay that uses the table. It exists only while a requeuer runs. */
export const leaseKeyOf = (relayName: string) =>
  ({ pk: `${LEASE_PREFIX}${relayName}`, sk: PARKED_KEY_SORT_KEY }) as const;

/** The longest partition key that DynamoDB takes. */
export const MAX_KEY_BYTES = 2_048;

/**
 * The most bytes that a compressed `data` may unfold to; beyond it the row is malformed. A row is 400 KB at most, so a
 * benign payload stays far below.
 */
export const MAX_INFLATED_BYTES = 8 * 1024 * 1024;
