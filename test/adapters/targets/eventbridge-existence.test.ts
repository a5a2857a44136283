import { DescribeEventBusCommand, EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, describe, expect, it } from "vitest";
import { createPublisher } from "../../../lib/adapters/targets/eventbridge.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";
import { eventsOf, serviceError } from "../fixtures.ts";

const mock = mockClient(EventBridgeClient);
afterEach(() => mock.reset());

function publisherOnClock(config: Readonly<Record<string, unknown>> = {}) {
  const clock = new VirtualClock();
  const telemetry = new RecordingTelemetry();
  const publisher = createPublisher({
    config: { kind: "eventbridge", busName: "orders", ...config },
    path: "OUTBOX_RELAY_TARGET",
    concurrency: 32,
    clock,
    telemetry,
  });
  const { existence } = publisher;
  if (existence === undefined) throw new Error("EventBridge acknowledges for a bus that does not exist");
  const check = (bus = "orders") => clock.run(() => existence.check(bus, clock.now() + 60_000));
  return { publisher, existence, clock, telemetry, check };
}

describe("whether the bus exists", () => {
  it("is not asked by publishing", async () => {
    mock.on(PutEventsCommand).resolves({ Entries: [{ EventId: "1" }] });
    mock.on(DescribeEventBusCommand).resolves({ Name: "orders" });
    const { publisher, clock, check } = publisherOnClock();
    await clock.run(() => publisher.publish("orders", eventsOf(1), clock.now() + 10_000));
    expect(mock.commandCalls(DescribeEventBusCommand)).toHaveLength(0);
    expect(await check()).toBe("exists");
    expect(mock.commandCalls(DescribeEventBusCommand).map(({ args }) => args[0].input)).toEqual([{ Name: "orders" }]);
  });

  it.each([
    ["ResourceNotFoundException", "missing"],
    ["AccessDeniedException", "denied"],
    ["ThrottlingException", "unanswered"],
    ["InternalException", "unanswered"],
    ["TimeoutError", "unanswered"],
  ])("is answered to a check that ends with %s: %s", async (name, answer) => {
    mock.on(DescribeEventBusCommand).rejects(serviceError(name));
    const { check, telemetry } = publisherOnClock();
    expect(await check()).toBe(answer);
    const told = answer === "missing" ? [] : [{ level: "warn", fields: { bus: "orders", error: name } }];
    expect(telemetry.logs).toMatchObject(told);
  });

  it("is not asked of a bus that is accepted as unverified, and is of the others", () => {
    const theirs = "arn:aws:events:eu-central-1:222222222222:event-bus/theirs";
    const { existence } = publisherOnClock({ alsoTo: [theirs], unverified: [theirs] });
    expect([existence.covers("orders"), existence.covers(theirs)]).toEqual([true, false]);
  });

  it("is believed for as long as was set", () => {
    const { existence } = publisherOnClock({ busMemorySeconds: 60, busCheckEverySeconds: 5 });
    expect([existence.memoryMs, existence.checkEveryMs]).toEqual([60_000, 5_000]);
    expect([publisherOnClock().existence.memoryMs, publisherOnClock().existence.checkEveryMs]).toEqual([10_000, 0]);
    expect(() => publisherOnClock({ busMemorySeconds: 61 })).toThrow("OUTBOX_RELAY_TARGET.busMemorySeconds is 61");
  });

  it("is not asked of a bus for which the relay was not deployed, since nothing is published there", () => {
    expect(publisherOnClock().existence.covers("anything")).toBe(false);
  });
});
