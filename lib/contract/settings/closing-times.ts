/**
 * The closing part of a process's time. Lambda kills a function at its timeout, so each invocation ends by itself
 * before then, and stops publishing some time earlier. The simulation, the tests and the benchmarks use the same times.
 */

/** The relay's time after its last call to the target: to park, to delete and to answer. */
export const RELAY_CLOSING_MS = 6_000;
/** The part of it for the answer alone, which must leave before the timeout. */
const ANSWER_MS = 1_000;

/** The requeuer's time after its last call to the target: to delete, to mark and to give the lease back. */
const REQUEUER_CLOSING_MS = 3_000;
/** A run of the requeuer ends this long before its timeout, so that runs never overlap. */
const REQUEUER_MARGIN_MS = 5_000;

/** @param timeoutAtMs when Lambda ends the invocation, in epoch milliseconds. */
export const relayDeadlines = (timeoutAtMs: number) => ({
  publishUntilMs: timeoutAtMs - RELAY_CLOSING_MS,
  endMs: timeoutAtMs - ANSWER_MS,
});

/** @param timeoutAtMs when Lambda ends the run, in epoch milliseconds. */
export function requeuerDeadlines(timeoutAtMs: number) {
  const endMs = timeoutAtMs - REQUEUER_MARGIN_MS;
  return { publishUntilMs: endMs - REQUEUER_CLOSING_MS, endMs };
}
