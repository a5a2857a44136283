/** What the names of the objects begin with that the writer puts data into, and that the consumer fetches, unless told otherwise. */
export const CLAIM_CHECK_PREFIX = "outbox/";
