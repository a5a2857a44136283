import { DescribeEventBusCommand, EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, describe, expect, it } from "vitest";
import { createPublisher } from "../../../lib/adapters/targets/eventbridge.ts";
import { FIRST_LOOKS } from "../../../lib/core/delivery/existence-check.ts";
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
  const verify = (bus = "orders") => clock.run(() => publisher.verify(bus, clock.now() + 60_000));
  return { publisher, clock, telemetry, verify };
}

describe("whether the bus exists", () => {
  it("is not asked by publishing: the look begins after the acknowledgement", async () => {
    mock.on(PutEventsCommand).resolves({ Entries: [{ EventId: "1" }] });
    mock.on(DescribeEventBusCommand).resolves({ Name: "orders" });
    const { publisher, clock, verify } = publisherOnClock();
    await clock.run(() => publisher.publish("orders", eventsOf(1), clock.now() + 10_000));
    expect(mock.commandCalls(DescribeEventBusCommand)).toHaveLength(0);
    expect(await verify()).toBe("exists");
    expect(mock.commandCalls(DescribeEventBusCommand).map(({ args }) => args[0].input)).toEqual([{ Name: "orders" }]);
  });

  it("is answered missing when EventBridge knows no such bus", async () => {
    mock.on(DescribeEventBusCommand).rejects(serviceError("ResourceNotFoundException"));
    expect(await publisherOnClock().verify()).toBe("missing");
  });

  it.each(["AccessDeniedException", "ThrottlingException", "InternalException"])(
    "stays as it was last known when the look ends with %s, which is counted and logged",
    async (name) => {
      mock.on(DescribeEventBusCommand).resolvesOnce({ Name: "orders" }).rejects(serviceError(name));
      const { verify, telemetry } = publisherOnClock();
      expect(await verify()).toBe("exists");
      expect(await verify()).toBe("exists");
      expect(telemetry.total("TargetUnverified")).toBe(1);
      expect(telemetry.logs).toMatchObject([{ level: "warn", fields: { bus: "orders", error: name } }]);
    },
  );

  it("is unknown when the first looks are forbidden", async () => {
    mock.on(DescribeEventBusCommand).rejects(serviceError("AccessDeniedException"));
    const { verify, telemetry } = publisherOnClock();
    expect(await verify()).toBe("unknown");
    expect(telemetry.total("TargetUnverified")).toBe(FIRST_LOOKS);
  });

  it("is asked once for all who wait, and apart for each bus", async () => {
    mock.on(DescribeEventBusCommand, { Name: "orders" }).resolves({ Name: "orders" });
    mock.on(DescribeEventBusCommand, { Name: "audit" }).rejects(serviceError("ResourceNotFoundException"));
    const { publisher, clock } = publisherOnClock();
    const untilMs = clock.now() + 60_000;
    const answers = await clock.run(() =>
      Promise.all(["orders", "audit", "orders", "audit"].map((bus) => publisher.verify(bus, untilMs))),
    );
    expect(answers).toEqual(["exists", "missing", "exists", "missing"]);
    expect(mock.calls()).toHaveLength(2);
  });

  it("is not asked for a bus that is accepted as unverified, and is for the others", async () => {
    mock.on(DescribeEventBusCommand).rejects(serviceError("AccessDeniedException"));
    const theirs = "arn:aws:events:eu-central-1:222222222222:event-bus/theirs";
    const { verify } = publisherOnClock({ alsoTo: [theirs], unverified: [theirs] });
    expect(await verify(theirs)).toBe("exists");
    expect(mock.calls()).toHaveLength(0);
    expect(await verify("orders")).toBe("unknown");
  });

  it("sees a bus that was deleted and made again", async () => {
    mock
      .on(DescribeEventBusCommand)
      .resolvesOnce({})
      .rejectsOnce(serviceError("ResourceNotFoundException"))
      .resolves({});
    const { verify } = publisherOnClock();
    expect([await verify(), await verify(), await verify()]).toEqual(["exists", "missing", "exists"]);
  });
});
