import type { Clock } from "../../core/ports.ts";
import { TARGET_TIMEOUTS } from "../aws-clients.ts";

/** How long a call to a target may last: to its own timeout or the invocation's deadline, whichever comes first. */
export const callMs = (untilMs: number, clock: Clock, requestMs = TARGET_TIMEOUTS.requestMs): number =>
  Math.max(1, Math.min(requestMs, untilMs - clock.now()));

/** Ends a call to a target when its time is up. */
export const callDeadline = (...time: Parameters<typeof callMs>): AbortSignal => AbortSignal.timeout(callMs(...time));

/** A client of the AWS SDK has a timeout for connecting, one for an answer to begin, and one for silence within it. */
const OWN_TIMEOUTS = 3;

/**
 * What to send an AWS call with, so that it ends by `untilMs`. Nothing, where the client's own timeouts end it before that:
 * for a call with options of any kind the SDK builds all its middleware anew, and the signal has a timer besides, together a
 * tenth of the relay's CPU time.
 *
 * @param requestMs the client's own timeout of a request.
 */
export function callOptions(
  untilMs: number,
  clock: Clock,
  requestMs = TARGET_TIMEOUTS.requestMs,
): { readonly abortSignal: AbortSignal } | undefined {
  if (untilMs - clock.now() >= OWN_TIMEOUTS * requestMs) return undefined;
  return { abortSignal: callDeadline(untilMs, clock, requestMs) };
}

/** A promise's outcome, or the signal's reason where that comes first. What comes too late is nobody's business. */
export async function within<Value>(signal: AbortSignal, promise: Promise<Value>): Promise<Value> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason);
  });
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
