import { RELAY_CLOSING_MS } from "./closing-times.ts";
import { refuse } from "./setting-reader.ts";

/**
 * The longest that a call to a target may take. The requeuer publishes for 52 of its 60 s: a longer call would never be
 * acknowledged there, and would end each run at its probe. A requeuer that ran longer would hold its lease longer when
 * it is killed.
 */
export const LONGEST_CALL_SECONDS = 45;

export const LONGEST_CALL_REASON =
  "the requeuer, which tries again what the relay could not deliver, has a minute in all";

/** How long a call to a target may take, in the words and the unit of the target's own setting. */
export interface CallTimeout {
  readonly setting: "timeoutSeconds" | "timeoutMs";
  readonly value: number;
}

/** How long one invocation of the relay can spend on calls, in milliseconds. */
export const publishingMs = (relayTimeoutSeconds: number): number => relayTimeoutSeconds * 1_000 - RELAY_CLOSING_MS;

/**
 * Refuses calls for which the relay has no time: the relay would be killed while the target works, and the event would
 * come again.
 *
 * @throws SettingError naming both settings.
 */
export function requireTimeForCall(path: string, { setting, value }: CallTimeout, relayTimeoutSeconds: number): void {
  const seconds = setting === "timeoutMs" ? value / 1_000 : value;
  const most = Math.min(publishingMs(relayTimeoutSeconds) / 1_000, LONGEST_CALL_SECONDS);
  if (seconds <= most) return;
  const enough = Math.ceil(seconds) + RELAY_CLOSING_MS / 1_000;
  refuse(
    `${path}.${setting}`,
    value,
    `with a relayTimeoutSeconds of ${relayTimeoutSeconds} a call may take ${most} s at most, or the relay ends before the ` +
      `target has answered and the event comes again; lower it, or set relayTimeoutSeconds to ${enough}`,
  );
}
