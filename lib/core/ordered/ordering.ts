import type { RequeueBackoffSettings } from "../../contract/settings/settings.ts";
import type { KeyTable } from "../ports.ts";

/**
 * Delivery in order per key, as the relay and the requeuer share it.
 *
 * A key is in one of three states. The item at sort key 0, its parked-key record, tells which:
 *
 *   flowing -- its first event fails for good, or it was found waiting --> parked
 *   parked --- a requeuer takes the lease on its record -----------------> draining
 *   draining - the first event fails again, or time runs out ------------> parked
 *   draining - nothing is left, and the version is the one last read ----> flowing
 *
 * - *Flowing*: there is no record. The relay reads the events that wait, up to the highest sequence of its batch, and
 *   publishes them ascending, one in flight. A stream record is only a reason to look: the stream keeps no order within
 *   a key, the table does.
 * - *Parked*: a record without a lease. It was made after a dead letter was sent, and only while the failed event
 *   existed, so somebody will always come. A relay that meets the record raises its version (a touch) and leaves its
 *   events behind it. Nobody drains before `notBefore`: by then every relay that had seen no record is over.
 * - *Draining*: a record with a lease. The drainer reads the version, then the highest sequence, then everything up to
 *   it. It may delete the record only at the version it read before: a touch in between means that an event was left
 *   behind, perhaps unseen by the drainer, which looks again.
 *
 * The order of a key never depends on its record, which only bounds duplicates and stops hammering. It depends on two
 * facts. Sequences follow the order of commits, so a reader that knows one committed event sees all before it. And each
 * event is acknowledged before the next one leaves.
 */
export interface OrderedPorts {
  readonly keys: KeyTable;
  /** Sequences have no gaps, and each predecessor is looked for before an event leaves. */
  readonly strict: boolean;
  /** How long a new parked-key record rests, in milliseconds: the relay's timeout and a margin for clock errors. */
  readonly minParkedMs: number;
  /** The backoff of a key whose first event fails by its own fault. */
  readonly requeueBackoff: RequeueBackoffSettings;
}

/** How many rows of one key are read at a time. */
export const PAGE_ROWS = 50;
/**
 * The most for a key group with many records of its own, which bounds the memory for ten thousand rows of a key: with
 * rows of 1 KB, a quarter of DynamoDB's page of 1 MB.
 */
export const MAX_KEY_GROUP_PAGE_ROWS = 250;

/** Consecutive passes over a key that change nothing, before the key is left to somebody else. */
export const MAX_IDLE_PASSES = 10;
