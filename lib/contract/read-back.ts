/**
 * The relay's marks, parked-key records and leases stand in a table that others can write to, and hosts' clocks may be
 * wrong. So a value read back is believed only as far as the relay itself could have meant it: nothing rests, and
 * nobody holds a lease, for longer than any relay or requeuer would ask for. Beyond that the time counts as over.
 */

/** A lease lasts 70 seconds by its holder's clock. The rest is for clocks that disagree. */
export const LONGEST_LEASE_MS = 15 * 60_000;
/** The longest backoff is 12 hours: SQS hides a dead letter no longer. The rest is for clocks that disagree. */
export const LONGEST_REST_MS = 13 * 3_600_000;

const isAhead = (untilMs: number | undefined, nowMs: number, longestMs: number): boolean =>
  untilMs !== undefined && untilMs > nowMs && untilMs <= nowMs + longestMs;

/** Whether a row or a key still rests. */
export const rests = (notBeforeMs: number | undefined, nowMs: number): boolean =>
  isAhead(notBeforeMs, nowMs, LONGEST_REST_MS);

/** Whether a lease is still held. A lease without an owner is held by nobody. */
export const isLeased = (
  { owner, leaseUntilMs }: { readonly owner?: string; readonly leaseUntilMs?: number },
  nowMs: number,
): boolean => owner !== undefined && isAhead(leaseUntilMs, nowMs, LONGEST_LEASE_MS);

/** More rounds than a thousand years of retries. */
const MOST_ATTEMPTS = 1_000_000;

/** Rounds that failed, as a whole number that can be counted on from. */
export const attemptsOf = (read: number | undefined): number =>
  Math.trunc(Math.max(0, Math.min(MOST_ATTEMPTS, read ?? 0)));
