/**
 * How an event ends that is no longer where it was found. Its row says nothing any more: the target may have acknowledged
 * it, another command may have set it aside, somebody may have deleted it or written another event in its place. Nobody
 * can tell from here, so it is not called delivered.
 */
export const GONE = "gone from the outbox: delivered, or taken out by somebody else";

/** How an event ends whose row is there, and is not what it was. */
export const CHANGED = "changed by somebody else, left as they are";

/** How an event ends that is as large as DynamoDB takes an item. */
export const NO_ROOM =
  "too large to be held (400 KB), so it may be on its way now: pause the relay and the requeuer, and delete its row by hand";
