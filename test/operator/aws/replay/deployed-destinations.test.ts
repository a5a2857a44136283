import { describe, expect, it } from "vitest";
import { systemClock } from "../../../../lib/aws/system.ts";
import { deployedDestinations } from "../../../../lib/operator/aws/replay/deployed-destinations.ts";
import { archivedAs, wayBack, wayTo } from "../../../../lib/operator/core/replay/destinations.ts";
import { createPublisher } from "../../../../lib/targets/http/publisher.ts";
import { directoryOf } from "../../../../lib/targets/shared/directory.ts";
import { eventOf } from "../../../aws/fixtures.ts";
import { RecordingTelemetry } from "../../../world/recording-telemetry.ts";
import { checked } from "../doctor/checked.ts";

const QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/orders";
const TOPIC = "arn:aws:sns:us-east-1:123456789012:orders";
const HOME = "arn:aws:events:us-east-1:123456789012:event-bus/";

/** A target with one more destination, the names of which are left, and what a receipt shows of it. */
const TARGETS: readonly (readonly [target: Readonly<Record<string, unknown>>, other: string, shown: string])[] = [
  [{ kind: "eventbridge", busName: "orders", alsoTo: ["audit"], home: HOME }, `${HOME}audit`, "audit"],
  [{ kind: "sqs", queueUrl: QUEUE, alsoTo: ["audit"] }, "audit", `${QUEUE.replace("orders", "audit")}`],
  [{ kind: "sns", topicArn: TOPIC, alsoTo: ["audit"] }, "audit", TOPIC.replace("orders", "audit")],
  [{ kind: "kinesis", streamArn: "arn:aws:kinesis:r:1:stream/a", alsoTo: ["b"] }, "b", "arn:aws:kinesis:r:1:stream/b"],
  [
    { kind: "lambda", functionArn: "arn:aws:lambda:r:1:function:a", alsoTo: ["arn:aws:lambda:r:1:function:b:live"] },
    ...(["b:live", "arn:aws:lambda:r:1:function:b:live"] as const),
  ],
  [
    { kind: "http", url: "https://a.example.com/", alsoTo: ["https://b.example.com/"] },
    "https://b.example.com/",
    "https://b.example.com/",
  ],
  [{ kind: "nakadi", eventType: "a.b", alsoTo: ["a.c"] }, "a.c", "a.c"],
  [{ kind: "rabbitmq", exchange: "a", alsoTo: ["b"] }, "b", "b"],
  [{ kind: "rabbitmq", queue: "a", alsoTo: ["b"] }, "b", "b"],
  [{ kind: "rabbitmq", exchange: "a", alsoTo: ["Orders:Placed"] }, "Orders:Placed", "Orders:Placed"],
  [{ kind: "nats", subject: "a.{type}", alsoTo: ["b.{type}"] }, "b.{type}", "b.{type}"],
  [{ kind: "kafka", brokers: "h:1", topic: "a", alsoTo: ["b"] }, "b", "b"],
];

const known = (target: Readonly<Record<string, unknown>>) => deployedDestinations(checked({ target }).deployment);

describe("the destinations of a deployed relay", () => {
  it.each(TARGETS)("are found by name, and by what receipts show: %j", (target, other, shown) => {
    const destinations = known(target);
    expect(destinations).toHaveLength(2);
    const way = wayTo(destinations, other);
    expect(way).toMatchObject({ kind: "named" });
    expect(archivedAs(destinations, other)).toMatchObject({ destination: shown });
    expect(wayBack(destinations, archivedAs(destinations, other))).toEqual(way);
    expect(wayBack(destinations, { destination: shown })).toEqual(way);
    // Its row need not name the default, and a receipt of it leads there.
    const [first] = destinations;
    expect(wayTo(destinations, first.address)).toEqual({ kind: "default", address: first.address });
    expect(wayBack(destinations, archivedAs(destinations, first.address))).toMatchObject({ kind: "default" });
  });

  it("are unknown where there is none, or several of a name", () => {
    const destinations = known({
      kind: "sqs",
      queueUrl: QUEUE,
      alsoTo: [QUEUE.replace("123456789012", "210987654321")],
    });
    expect(wayTo(destinations, "orders")).toEqual({ kind: "unknown" });
    expect(wayTo(destinations, "elsewhere")).toEqual({ kind: "unknown" });
    expect(wayBack(destinations, {})).toEqual({ kind: "unknown" });
    const gone = archivedAs(destinations, "https://user:secret@old.example.com/hook");
    expect(JSON.stringify(gone)).not.toContain("secret");
    expect(archivedAs(destinations, "token:secret").destination).toBe("(not shown, a string of 12 characters)");
  });

  it.each([
    ["https://hooks.example", "https://hooks.example/"],
    [
      "http://MyAlb-123.eu-central-1.elb.amazonaws.com/events",
      "http://myalb-123.eu-central-1.elb.amazonaws.com/events",
    ],
    ["https://hooks.example:443/x", "https://hooks.example/x"],
    ["https://hooks.example/x/../y", "https://hooks.example/y"],
  ])("have the spelling that the relay gives a webhook's URL: %s", (told, address) => {
    const main = "https://a.example.com/";
    for (const [target, kind] of [
      [{ kind: "http", url: told, alsoTo: [main], allowInsecure: true }, "default"],
      [{ kind: "http", url: main, alsoTo: [told], allowInsecure: true }, "named"],
    ] as const) {
      const published = createPublisher({
        ...{ path: "target", config: target, concurrency: 1, clock: systemClock },
        telemetry: new RecordingTelemetry(),
      }).destinationOf(eventOf({ destination: told }));
      expect(published).toBe(address);
      const destinations = known(target);
      expect(wayBack(destinations, archivedAs(destinations, published))).toMatchObject({ kind, address });
      for (const named of [told, address]) expect(wayTo(destinations, named)).toMatchObject({ kind, address });
      // Also once the relay no longer has it.
      const others = known({ kind: "http", url: main });
      expect(archivedAs(others, told)).toEqual(archivedAs(destinations, published));
    }
  });

  it("are named in a row so that the relay reads the same place", () => {
    const elsewhere = HOME.replace("us-east-1", "eu-west-1");
    for (const alsoTo of [
      [`${HOME}orders`, `${elsewhere}orders`],
      ["audit", `${elsewhere}audit`, `${HOME}orders`],
    ]) {
      const destinations = known({ kind: "eventbridge", busName: "main", alsoTo, home: HOME });
      const directory = directoryOf(destinations);
      for (const { address } of destinations) {
        const way = wayBack(destinations, archivedAs(destinations, address));
        expect(way).toMatchObject({ address });
        expect(directory.addressOf(way.kind === "named" ? way.spelling : undefined)).toBe(address);
      }
    }
    // Where no row can name a bus, no way leads there.
    const nameless = known({ kind: "eventbridge", busName: "main", alsoTo: ["orders", `${elsewhere}orders`] });
    expect(wayBack(nameless, { destination: "orders" })).toEqual({ kind: "unknown" });
    expect(wayTo(nameless, `${elsewhere}orders`)).toMatchObject({ kind: "named" });
  });

  it("are one where it is told twice", () => {
    const destinations = known({ kind: "sqs", queueUrl: QUEUE, alsoTo: ["audit", QUEUE.replace("orders", "audit")] });
    expect(wayTo(destinations, "audit")).toMatchObject({ kind: "named", address: QUEUE.replace("orders", "audit") });
  });

  it("are told apart by their hash where receipts do not show all of them, and without it are unknown", () => {
    const [x, y, gone] = ["x", "y", "z"].map((path) => `https://a.example.com/${path}`) as [string, string, string];
    const destinations = known({ kind: "http", url: x, alsoTo: [y] });
    expect(wayBack(destinations, archivedAs(destinations, x))).toMatchObject({ kind: "default", address: x });
    expect(wayBack(destinations, archivedAs(destinations, y))).toMatchObject({ kind: "named", address: y });
    expect(wayBack(destinations, archivedAs(destinations, gone))).toEqual({ kind: "unknown" });
    const { destination } = archivedAs(destinations, y);
    expect(wayBack(known({ kind: "http", url: x }), { destination })).toEqual({ kind: "unknown" });
  });

  it("are not known of a kind of target that a later version deployed", () => {
    expect(() => known({ kind: "pigeon" })).toThrow(/kind "pigeon", which this version of the command does not know/);
  });
});
