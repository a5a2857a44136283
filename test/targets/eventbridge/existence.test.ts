import { DescribeEventBusCommand, EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { afterEach, describe, expect, it } from "vitest";
import { createPublisher } from "../../../lib/targets/eventbridge/publisher.ts";
import { eventsOf, serviceError } from "../../aws/fixtures.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";

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

describe("a bus that loses what it acknowledges once its key cannot be used", () => {
  const KEY = "arn:aws:kms:us-east-1:123456789012:key/1";
  const QUEUE = { Arn: "arn:aws:sqs:us-east-1:123456789012:undelivered" };
  const MINUTE_MS = 60_000;

  function watched(config: Readonly<Record<string, unknown>> = {}) {
    const world = publisherOnClock(config);
    const { clock, existence } = world;
    const unprotected = () => clock.run(async () => existence.unprotected?.(clock.now() + 2_000));
    return { ...world, unprotected, pass: (ms: number) => clock.run(() => clock.sleep(ms)) };
  }
  const looks = () => mock.commandCalls(DescribeEventBusCommand).length;

  it.each([
    [{}, 0],
    [{ DeadLetterConfig: QUEUE }, 0],
    [{ KmsKeyIdentifier: "" }, 0],
    [{ KmsKeyIdentifier: KEY, DeadLetterConfig: QUEUE }, 0],
    [{ KmsKeyIdentifier: KEY }, 1],
    [{ KmsKeyIdentifier: KEY, DeadLetterConfig: {} }, 1],
  ])("is known by its key and its dead-letter queue: %j counts %d", async (shown, count) => {
    mock.on(DescribeEventBusCommand).resolves(shown);
    expect(await watched().unprotected()).toBe(count);
  });

  it("is known from a check that was made anyway, and logged once with the fix", async () => {
    mock.on(DescribeEventBusCommand).resolves({ KmsKeyIdentifier: KEY });
    const { check, telemetry } = watched();
    await check();
    await check();
    expect(telemetry.logs).toMatchObject([{ level: "error", fields: { bus: "orders" } }]);
    expect(telemetry.logs[0]?.message).toContain("Give it one");
    expect(telemetry.logs[0]?.message).not.toContain(KEY);
  });

  it("costs a look of its own only after a quarter of an hour without a check, and each counts as a check", async () => {
    mock.on(DescribeEventBusCommand).resolves({});
    const { check, unprotected, pass, telemetry } = watched({ alsoTo: ["audit"] });
    await check();
    expect(await unprotected()).toBe(0);
    expect([looks(), telemetry.total("ExistenceChecks")]).toEqual([2, 1]);
    await pass(14 * MINUTE_MS);
    expect([await unprotected(), looks()]).toEqual([0, 2]);
    await pass(2 * MINUTE_MS);
    expect([await unprotected(), looks()]).toEqual([0, 4]);
  });

  it("is looked at each time until it is repaired", async () => {
    mock.on(DescribeEventBusCommand).resolves({ KmsKeyIdentifier: KEY });
    const { unprotected } = watched();
    expect([await unprotected(), await unprotected(), looks()]).toEqual([1, 1, 2]);
    mock.on(DescribeEventBusCommand).resolves({ KmsKeyIdentifier: KEY, DeadLetterConfig: QUEUE });
    expect([await unprotected(), await unprotected(), looks()]).toEqual([0, 0, 3]);
  });

  it("is no more when it is gone", async () => {
    mock.on(DescribeEventBusCommand).resolves({ KmsKeyIdentifier: KEY });
    const { unprotected } = watched();
    expect(await unprotected()).toBe(1);
    mock.on(DescribeEventBusCommand).rejects(serviceError("ResourceNotFoundException"));
    expect(await unprotected()).toBe(0);
  });

  it("is not called repaired where nobody may look", async () => {
    mock.on(DescribeEventBusCommand).rejects(serviceError("AccessDeniedException"));
    const denied = watched();
    expect(await denied.unprotected()).toBeUndefined();
    mock.on(DescribeEventBusCommand).resolves({ KmsKeyIdentifier: KEY });
    expect(await denied.unprotected()).toBe(1);
    mock.on(DescribeEventBusCommand).rejects(serviceError("AccessDeniedException"));
    expect(await denied.unprotected()).toBe(1);
  });

  it("is not looked for among buses of other accounts, which nobody can look at", async () => {
    const theirs = "arn:aws:events:eu-central-1:222222222222:event-bus/theirs";
    mock.on(DescribeEventBusCommand).resolves({});
    await watched({ alsoTo: [theirs], unverified: [theirs] }).unprotected();
    expect(mock.commandCalls(DescribeEventBusCommand).map(({ args }) => args[0].input.Name)).toEqual(["orders"]);
  });
});
