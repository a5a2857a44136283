import { describe, expect, it } from "vitest";
import { LOG_MESSAGES } from "../../../../lib/contract/telemetry/log-messages.ts";
import type { RecordingTelemetry } from "../../../world/recording-telemetry.ts";
import { DOWN, REFUSED } from "../../../world/scripted-target.ts";
import { times, worldOf } from "../../../world/world.ts";
import { MINUTE_MS } from "../../after-outage.ts";

/** Longer than any rest after a few failures. */
const LONG_MS = 24 * 60 * MINUTE_MS;

const logged = (telemetry: RecordingTelemetry, message: string) =>
  telemetry.logs.filter((log) => log.message === message).map(({ fields }) => fields["eventId"]);

/** Rows that nobody has delivered, among them one that the target refuses. */
function worldWithRefused() {
  const world = worldOf();
  times(4, () => world.write());
  world.target.script = ({ id }) => (id === "e2" ? REFUSED : undefined);
  world.clock.skip(10 * MINUTE_MS);
  const attempts = () => world.table.item({ pk: "e2", sk: "1" })?.["_attempts"]?.N;
  return { ...world, attempts };
}

describe("a row that the sweep cannot deliver", () => {
  it("is parked where it fails by its own fault for the first time, and the others count as swept", async () => {
    const { requeuerProcess, deadLetters, attempts } = worldWithRefused();
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(telemetry.total("EventsSwept")).toBe(3);
    expect(telemetry.total("RequeueFailures")).toBe(1);
    expect(deadLetters.bodies).toMatchObject([{ id: "e2" }]);
    expect(attempts()).toBe("1");
    expect(logged(telemetry, LOG_MESSAGES.failedAgain)).toEqual([]);
  });

  it("gets no second dead letter where it has failed before, but a longer rest", async () => {
    const { requeuerProcess, deadLetters, clock, attempts } = worldWithRefused();
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    // So that the sweep finds it, and not its dead letter.
    deadLetters.purge();
    clock.skip(LONG_MS);
    await invoke();
    expect(deadLetters.bodies).toEqual([]);
    expect(telemetry.total("EventsParked")).toBe(1);
    expect(telemetry.total("RequeueFailures")).toBe(2);
    expect(logged(telemetry, LOG_MESSAGES.failedAgain)).toEqual(["e2"]);
    expect(attempts()).toBe("2");
  });

  it("is not parked where the target is to blame", async () => {
    const { requeuerProcess, target, deadLetters, write, table, clock } = worldOf();
    times(4, () => write());
    target.script = () => DOWN;
    clock.skip(10 * MINUTE_MS);
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(telemetry.total("RequeueFailures")).toBe(0);
    expect(deadLetters.bodies).toEqual([]);
    expect([...table.items.values()].every((item) => item["_attempts"] === undefined)).toBe(true);
  });
});
