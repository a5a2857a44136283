/**
 * How an event ends that is no longer where it was found. Its row says nothing any more: the target may have acknowledged
 * it, another command may have set it aside, somebody may have deleted it or written another event in its place. Nobody
 * can tell from here, so it is not called delivered.
 */
export const GONE = "gone from the outbox: delivered, or taken out by somebody else";

/** How an event ends whose row is there, and is not what it was. */
export const CHANGED = "changed by somebody else, left as they are";
