/**
 * One wait of a test: for an event to arrive, a server to answer, a program to end. What takes as long hangs, and is ended so that
 * it is told of. It is no measure of speed: on a machine with other work to do, a test takes ten times as long as on an idle one.
 */
export const WAIT_HANGS_AFTER_MS = 900_000;

/** A test, and what is done before and after it. Longer than a wait, whose error says more. */
const TEST_HANGS_AFTER_MS = 2 * WAIT_HANGS_AFTER_MS;

/** For the configuration of every suite: no test has a deadline of its own. */
export const HANG_GUARDS = {
  testTimeout: TEST_HANGS_AFTER_MS,
  hookTimeout: TEST_HANGS_AFTER_MS,
  expect: { poll: { timeout: WAIT_HANGS_AFTER_MS } },
};
