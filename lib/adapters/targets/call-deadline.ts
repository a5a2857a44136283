import type { Clock } from "../../core/ports.ts";
import { TARGET_TIMEOUTS } from "../aws-clients.ts";

/** Ends a call to a target at its own timeout or at the invocation's deadline, whichever comes first. */
export function callDeadline(untilMs: number, clock: Clock, requestMs = TARGET_TIMEOUTS.requestMs): AbortSignal {
  return AbortSignal.timeout(Math.max(1, Math.min(requestMs, untilMs - clock.now())));
}
