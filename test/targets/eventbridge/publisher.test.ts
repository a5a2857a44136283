import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { afterEach, describe, expect, it } from "vitest";
import type { NewEvent } from "../../../lib/contract/codec/encode-row.ts";
import { createPublisher } from "../../../lib/targets/eventbridge/publisher.ts";
import { eventOf, eventsOf, serviceError } from "../../aws/fixtures.ts";
import { mockClient } from "../../setup/mocked-clients.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";

const mock = mockClient(EventBridgeClient);
afterEach(() => mock.reset());

const clock = new VirtualClock();
const publisherOf = (config: unknown = { kind: "eventbridge", busName: "orders" }) =>
  createPublisher({ config, path: "OUTBOX_RELAY_TARGET", concurrency: 32, clock, telemetry: new RecordingTelemetry() });

const ACKNOWLEDGED = { kind: "acknowledged" };
const acknowledgedAs = (eventId: string) => ({ ...ACKNOWLEDGED, receipt: { eventId } });
const UNTIL = clock.now() + 10_000;
const publish = (count: number) => publisherOf().publish("orders", eventsOf(count), UNTIL);
async function entrySent(change: Partial<NewEvent> = {}) {
  mock.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: "1" }] });
  await publisherOf().publish("orders", [eventOf(change)], UNTIL);
  return mock.commandCalls(PutEventsCommand)[0]?.args[0].input.Entries?.[0];
}

describe("what is sent to EventBridge", () => {
  it("is the whole CloudEvent as the detail, with source, type and time in their own places", async () => {
    const entry = await entrySent({ subject: "order/42" });
    expect(entry).toMatchObject({
      EventBusName: "orders",
      Source: "shop",
      DetailType: "order.placed",
      Time: new Date("2026-01-01T00:00:00Z"),
    });
    expect(JSON.parse(entry?.Detail ?? "")).toEqual({
      specversion: "1.0",
      id: "e1",
      source: "shop",
      type: "order.placed",
      time: "2026-01-01T00:00:00Z",
      recordedtime: "2026-01-01T00:00:00Z",
      subject: "order/42",
      datacontenttype: "application/json",
      data: { total: 7 },
    });
    expect(entry).not.toHaveProperty("TraceHeader");
  });

  it("has the instant that the event names, and none where that has never been, rather than another day", async () => {
    expect((await entrySent({ time: "2016-12-31t23:59:60z" }))?.Time).toEqual(new Date("2017-01-01T00:00:00Z"));
    mock.reset();
    const entry = await entrySent({ time: "2026-02-30T12:00:00Z" });
    expect(entry).not.toHaveProperty("Time");
    expect(JSON.parse(entry?.Detail ?? "")).toMatchObject({ time: "2026-02-30T12:00:00Z" });
  });

  it("carries the trace in AWS's own header where the event has one", async () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    expect((await entrySent({ traceparent }))?.TraceHeader).toBe(
      "Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1",
    );
  });

  it("goes to the event's own bus where it names one, and never to another of that name", async () => {
    mock.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: "1" }] });
    const home = "arn:aws:events:eu-west-1:111111111111:event-bus/";
    const theirs = "arn:aws:events:eu-west-1:222222222222:event-bus/orders";
    const central = "arn:aws:events:eu-west-1:222222222222:event-bus/central";
    const config = { kind: "eventbridge", busName: "orders", alsoTo: ["audit", theirs, central], home };
    const publisher = publisherOf({ ...config, unverified: [theirs, central] });
    const named = [undefined, "audit", "central", theirs, `${home}orders`, "orders"];
    const results = [];
    for (const destination of named) {
      const event = eventOf(destination === undefined ? {} : { destination });
      results.push(...(await publisher.publish(publisher.destinationOf(event), [event], UNTIL)));
    }
    const sent = mock.commandCalls(PutEventsCommand).map(({ args }) => args[0].input.Entries?.[0]?.EventBusName);
    expect(sent).toEqual(["orders", "audit", central, theirs, "orders"]);
    expect(results.at(-1)).toEqual({
      kind: "failed",
      failure: {
        ...{ class: "permanent", scope: "event", code: "DestinationAmbiguous" },
        message: `The event names the destination "orders", which is the name of ${home}orders and of ${theirs}: name the one that is meant by that whole spelling`,
      },
    });
  });

  it("cannot go to another region, whatever a template could not know", () => {
    const home = "arn:aws:events:eu-west-1:111111111111:event-bus/";
    const busName = "arn:aws:events:eu-central-1:111111111111:event-bus/orders";
    expect(() => publisherOf({ kind: "eventbridge", busName, home })).toThrow(
      `OUTBOX_RELAY_TARGET is "${busName}": it is a bus of another region than the relay's, eu-west-1`,
    );
  });

  it("is measured as EventBridge counts it: 14 bytes for the time, and UTF-8 for the rest", () => {
    const event = eventOf({ source: "été", type: "t", data: "€" });
    expect(publisherOf().bytesOf(event)).toBe(14 + 5 + 1 + Buffer.byteLength(event.json));
    expect(publisherOf().limits).toEqual({ maxEntries: 10, maxBytes: 1_000_000 });
  });
});

describe("what EventBridge has no room for", () => {
  it("is refused before it is sent, as the event's own fault, and its neighbours go", async () => {
    mock.on(PutEventsCommand).resolves({ Entries: [{ EventId: "1" }, { EventId: "2" }] });
    const events = [
      eventOf({ id: "long type", type: "t".repeat(129) }),
      // 128 characters, each of two UTF-16 units.
      eventOf({ id: "longest", type: "🙂".repeat(128), source: "s".repeat(256) }),
      eventOf({ id: "long source", source: "s".repeat(257) }),
      eventOf({ id: "plain" }),
    ];
    const refused = (code: string) => ({ failure: { class: "permanent", scope: "event", code } });
    expect(await publisherOf().publish("orders", events, UNTIL)).toMatchObject([
      refused("DetailTypeTooLong"),
      ACKNOWLEDGED,
      refused("SourceTooLong"),
      ACKNOWLEDGED,
    ]);
    expect(mock.commandCalls(PutEventsCommand)[0]?.args[0].input.Entries).toHaveLength(2);
  });

  it("costs no call where it is all there is", async () => {
    await publisherOf().publish("orders", [eventOf({ type: "t".repeat(129) })], UNTIL);
    expect(mock.commandCalls(PutEventsCommand)).toHaveLength(0);
  });
});

describe("what EventBridge answers for each entry", () => {
  it("acknowledges an entry by its event id, which is the receipt", async () => {
    mock.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: "1" }, { EventId: "2" }] });
    expect(await publish(2)).toEqual([acknowledgedAs("1"), acknowledgedAs("2")]);
  });

  it("reads every entry, whatever FailedEntryCount says", async () => {
    mock.on(PutEventsCommand).resolves({
      FailedEntryCount: 0,
      Entries: [{ EventId: "1" }, { ErrorCode: "InternalFailure", ErrorMessage: "try again" }, { EventId: "3" }],
    });
    expect(await publish(3)).toEqual([
      acknowledgedAs("1"),
      {
        kind: "failed",
        failure: { class: "transient", scope: "event", code: "InternalFailure", message: "try again" },
      },
      acknowledgedAs("3"),
    ]);
  });

  it.each([
    ["ThrottlingException", "throttled", "target"],
    ["InternalFailure", "transient", "event"],
    ["InternalException", "transient", "event"],
    ["MalformedDetail", "permanent", "event"],
    ["InvalidArgument", "permanent", "event"],
    ["NotAuthorizedForSourceException", "permanent", "event"],
    ["NotAuthorizedForDetailTypeException", "permanent", "event"],
    ["RedactionFailure", "permanent", "event"],
    ["AccessDeniedException", "permanent", "target"],
    ["InvalidAccountIdException", "permanent", "target"],
    ["SomethingNew", "transient", "event"],
  ])("takes the entry error %s, while others pass, as %s of the %s", async (code, failureClass, scope) => {
    mock.on(PutEventsCommand).resolves({ Entries: [{ ErrorCode: code }, { EventId: "2" }] });
    expect(await publish(2)).toMatchObject([
      { kind: "failed", failure: { class: failureClass, scope, code } },
      ACKNOWLEDGED,
    ]);
  });

  it("takes an error that befell every entry as the target's", async () => {
    mock
      .on(PutEventsCommand)
      .resolves({ FailedEntryCount: 2, Entries: [{ ErrorCode: "InternalFailure" }, { ErrorCode: "InternalFailure" }] });
    expect(await publish(2)).toMatchObject([
      { failure: { class: "transient", scope: "target" } },
      { failure: { class: "transient", scope: "target" } },
    ]);
  });

  it("does not acknowledge an entry that has neither id nor error, or is not mentioned: it may have landed", async () => {
    mock.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: "1" }, {}] });
    const lost = { kind: "failed", failure: { class: "ambiguous", scope: "event", code: "NoResult" } };
    expect(await publish(3)).toMatchObject([ACKNOWLEDGED, lost, lost]);
  });

  it("does not acknowledge an entry that has both an id and an error", async () => {
    mock.on(PutEventsCommand).resolves({ Entries: [{ EventId: "1", ErrorCode: "InternalFailure" }] });
    expect(await publish(1)).toMatchObject([{ kind: "failed" }]);
  });

  it("acknowledges nothing by an answer without entries", async () => {
    mock.on(PutEventsCommand).resolves({});
    expect(await publish(2)).toMatchObject([{ kind: "failed" }, { kind: "failed" }]);
  });
});

describe("a call that EventBridge refuses", () => {
  it.each([
    ["ThrottlingException", 400, "failed", "throttled", "target"],
    ["ValidationException", 400, "refused-together", "permanent", "event"],
    ["AccessDeniedException", 400, "failed", "permanent", "target"],
    ["UnrecognizedClientException", 400, "failed", "permanent", "target"],
    ["InternalException", 500, "failed", "transient", "target"],
    ["ServiceUnavailable", 503, "failed", "transient", "target"],
  ])("with %s (%i) is %s: %s, of the %s, for each entry", async (name, status, kind, failureClass, scope) => {
    mock.on(PutEventsCommand).rejects(serviceError(name, status));
    const result = { kind, failure: { class: failureClass, scope } };
    expect(await publish(2)).toMatchObject([result, result]);
  });
});

describe("the target's configuration", () => {
  it.each([
    [{ kind: "eventbridge" }, "OUTBOX_RELAY_TARGET.busName is undefined: it must be a string that is not empty."],
    [{ kind: "eventbridge", busName: "" }, 'OUTBOX_RELAY_TARGET.busName is "": it must be a string that is not empty.'],
    [{ kind: "sqs", busName: "b" }, 'OUTBOX_RELAY_TARGET.kind is "sqs": it must be one of eventbridge.'],
    [
      { kind: "eventbridge", queueUrl: "u" },
      'OUTBOX_RELAY_TARGET.queueUrl is "u": there is no such setting; the settings here are kind, busName, alsoTo, unverified, home, busMemorySeconds, busCheckEverySeconds.',
    ],
    [
      "eventbridge",
      'OUTBOX_RELAY_TARGET is "eventbridge": it must be an object with kind, busName, alsoTo, unverified, home, busMemorySeconds, busCheckEverySeconds.',
    ],
  ])("refuses %j and says why", (config, message) => {
    expect(() => publisherOf(config)).toThrow(message);
  });
});
