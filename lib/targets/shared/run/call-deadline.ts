import { TARGET_TIMEOUTS } from "../../../aws/aws-clients.ts";
import { unlessFirst } from "../../../core/in-time.ts";
import type { Clock } from "../../../core/ports.ts";

/** How long a call to a target may last: to its own timeout or the invocation's deadline, whichever comes first. */
export const callMs = (untilMs: number, clock: Clock, requestMs = TARGET_TIMEOUTS.requestMs): number =>
  Math.max(1, Math.min(requestMs, untilMs - clock.now()));

/** Ends a call to a target when its time is up. */
export const callDeadline = (...time: Parameters<typeof callMs>): AbortSignal => AbortSignal.timeout(callMs(...time));

/** A client of the AWS SDK has a timeout for connecting, one for an answer to begin, and one for silence within it. */
const OWN_TIMEOUTS = 3;

/**
 * Options for an AWS call, so that it ends by `untilMs`. None where the client's own timeouts end the call earlier: for
 * a call with any options the SDK rebuilds all its middleware, and the signal needs a timer, together a tenth of the
 * relay's CPU time.
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

/** A promise's outcome, or a rejection with the signal's reason if the signal comes first. */
export const within = <Value>(signal: AbortSignal, promise: Promise<Value>): Promise<Value> =>
  unlessFirst(promise, (stop) => aborted(signal, stop));

const aborted = (signal: AbortSignal, stop: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true, signal: stop });
  });
