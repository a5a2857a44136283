/**
 * What a process keeps of its time. Lambda kills a function at its timeout, so each invocation ends by itself before, and
 * publishes nothing more some time before that. The simulation, the tests and the benchmarks run with them too.
 */

/** Of the relay, after the last call to the target: to park, to delete and to answer. */
export const RELAY_CLOSING_MS = 6_000;
/** Of those, for the answer alone: it must be on its way before the timeout. */
const ANSWER_MS = 1_000;

/** Of the requeuer, after the last call to the target: to delete, to mark and to give the lease back. */
const REQUEUER_CLOSING_MS = 3_000;
/** A run of the requeuer is over so long before its timeout, so that runs never overlap. */
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
