import { describe, expect, it } from "vitest";
import { LOG_MESSAGES } from "../../../lib/contract/telemetry/log-messages.ts";
import { failedOutcome, undecidedOutcome } from "../../../lib/core/delivery/outcome.ts";
import { DOWN } from "../../world/scripted-target.ts";
import { runOf } from "./run-of.ts";

const TOLD = { eventId: "e1", eventType: "order.placed", class: DOWN.class, scope: DOWN.scope, code: DOWN.code };

function failing() {
  const { run, written, telemetry, clock } = runOf();
  const event = written();
  return { run, event, telemetry, clock };
}

describe("the outcome of an event that was not delivered", () => {
  it("is logged with all that is needed to find the event and the cause, at a level that a busy log leaves out", () => {
    const { run, event, telemetry, clock } = failing();
    expect(failedOutcome({ event }, DOWN, 3, run)).toStrictEqual({
      kind: "failed",
      event,
      failure: DOWN,
      attempts: 3,
      firstFailureMs: clock.now(),
    });
    expect(telemetry.logs).toStrictEqual([
      { level: "debug", message: "A round of attempts failed", fields: { ...TOLD, attempts: 3, error: DOWN.message } },
    ]);
  });

  it("holds the time of the first failure, where that was earlier", () => {
    const { run, event } = failing();
    expect(failedOutcome({ event, firstFailureMs: 7 }, DOWN, 3, run).firstFailureMs).toBe(7);
  });

  it("is a warning where nobody could tell whose fault it was, for the event bears no mark of it", () => {
    const { run, event, telemetry } = failing();
    const outcome = { kind: "failed", event, failure: DOWN, attempts: 3, firstFailureMs: 7 } as const;
    expect(undecidedOutcome(outcome, run)).toStrictEqual({ ...outcome, undecided: true });
    expect(telemetry.logs).toStrictEqual([
      { level: "warn", message: LOG_MESSAGES.undecided, fields: { ...TOLD, error: DOWN.message, undecided: true } },
    ]);
  });
});
