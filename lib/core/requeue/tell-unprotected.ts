import type { CallDeadlines } from "../call-deadlines.ts";
import type { Clock, Publisher, Telemetry } from "../ports.ts";
import { resultOf } from "../result.ts";

export interface TellUnprotected {
  readonly publisher: Publisher;
  readonly calls: CallDeadlines;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** The longest wait for a figure that is only told. */
export const TELL_MS = 2_000;

/**
 * Tells in each run, even one with nothing to deliver, how many destinations would lose acknowledged events, so that an
 * alarm goes back after the repair. Never rejects. An unknown number is not told: an unknown must not look like a
 * repair.
 */
export async function tellUnprotected({ publisher, calls, clock, telemetry }: TellUnprotected): Promise<void> {
  const look = publisher.existence?.unprotected;
  if (look === undefined) return;
  const untilMs = clock.now() + TELL_MS;
  const looked = await resultOf(calls.race("The look at the destinations' keys", () => look(untilMs), untilMs));
  if (!looked.ok) {
    telemetry.log("warn", "Whether the destinations are protected was not found out in time", {
      error: String(looked.error),
    });
  } else if (looked.value !== undefined) {
    telemetry.measure("UnprotectedBuses", looked.value);
  }
}
