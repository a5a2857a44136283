import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../../lib/aws/system.ts";
import type { Sent } from "../../../lib/targets/rabbitmq/channel.ts";
import { resultsOf, unconnected } from "../../../lib/targets/rabbitmq/failures.ts";
import { headerFrameBytes, rabbitMessage } from "../../../lib/targets/rabbitmq/message.ts";
import { createPublisher } from "../../../lib/targets/rabbitmq/publisher.ts";
import { eventOf, eventsOf } from "../../aws/fixtures.ts";
import { closedPort, socketServer } from "../../aws/loopback.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";

/** The library's own encoding, for which it has no types. */
const { BasicProperties, encodeProperties } = createRequire(import.meta.url)(
  fileURLToPath(new URL("../../../node_modules/amqplib/lib/defs.js", import.meta.url)),
) as {
  readonly BasicProperties: number;
  encodeProperties(id: number, channel: number, size: number, fields: object): Buffer;
};

const publisherOf = (config: unknown, secrets?: Parameters<typeof createPublisher>[0]["secrets"]) =>
  createPublisher({
    config,
    path: "OUTBOX_RELAY_TARGET",
    concurrency: 8,
    clock: systemClock,
    telemetry: new RecordingTelemetry(),
    ...(secrets === undefined ? {} : { secrets }),
  });
const amqp = (httpAddress: string) => httpAddress.replace("http", "amqp");

describe("a message to RabbitMQ", () => {
  it("is the event in CloudEvents' binary mode, kept by the broker and sent back where nobody takes it", () => {
    const event = eventOf({ id: "e9", data: { total: 7 }, extensions: { tries: 3, urgent: true } });
    const { content, options } = rabbitMessage(event);
    expect(content.toString()).toBe('{"total":7}');
    expect(options).toMatchObject({
      mandatory: true,
      persistent: true,
      messageId: "e9",
      type: "order.placed",
      timestamp: Date.parse("2026-01-01T00:00:00Z") / 1_000,
      contentType: "application/json",
      headers: {
        "cloudEvents:specversion": "1.0",
        "cloudEvents:id": "e9",
        "cloudEvents:source": "shop",
        "cloudEvents:type": "order.placed",
        "cloudEvents:tries": { "!": "int64", value: 3 },
        "cloudEvents:urgent": true,
      },
    });
    expect(options.headers).not.toHaveProperty("cloudEvents:datacontenttype");
  });

  it("has no content type without a payload", () => {
    const { content, options } = rabbitMessage(eventOf({ data: undefined }));
    expect(content).toHaveLength(0);
    expect(options).not.toHaveProperty("contentType");
  });

  it("leaves out the properties that AMQP cannot hold; the headers hold them", () => {
    const id = "ü".repeat(128);
    const { options } = rabbitMessage(eventOf({ id, type: id, time: "1969-12-31T23:59:59Z" }));
    for (const name of ["messageId", "type", "timestamp"]) expect(options).not.toHaveProperty(name);
    expect(options.headers).toMatchObject({ "cloudEvents:id": id, "cloudEvents:type": id });
  });
});

describe("the frame of a message's attributes", () => {
  it.each([
    {},
    { data: undefined },
    { extensions: { tries: 3, urgent: true, region: "eu-west-1" }, subject: "ünïcödé" },
    { order: { key: "key ✓", sequence: 7 }, traceparent: `00-${"4".repeat(32)}-${"1".repeat(16)}-01` },
    { id: "ü".repeat(128), time: "1969-12-31T23:59:59Z" },
    { subject: "x".repeat(20_000) },
  ])("is as large as it is measured: %#", (change) => {
    const { options } = rabbitMessage(eventOf(change));
    const { headers, contentType, messageId, type, timestamp } = options;
    const properties = { headers, contentType, messageId, type, timestamp, deliveryMode: 2 };
    expect(headerFrameBytes(options)).toBe(encodeProperties(BasicProperties, 1, 0, properties).length);
  });
});

describe("what became of a message", () => {
  const facts = { destination: "The queue orders", unroutedScope: "target", blockedBy: undefined } as const;
  const closedBy = (replyCode: number): Sent => ({ kind: "cut-off", by: { replyCode, message: "closed" } });
  const CONFIRMED: Sent = { kind: "confirmed" };

  it.each<[Sent, object]>([
    [CONFIRMED, { kind: "acknowledged" }],
    [{ kind: "returned" }, { failure: { class: "permanent", scope: "target", code: "Unroutable" } }],
    [{ kind: "refused" }, { failure: { class: "throttled", scope: "target", code: "Nack" } }],
    [
      { kind: "unsendable", error: new Error("x") },
      { failure: { class: "permanent", scope: "event", code: "Unsendable" } },
    ],
    [{ kind: "not-sent" }, { failure: { class: "transient", scope: "target", code: "ConnectionClosed" } }],
    [{ kind: "unconfirmed" }, { failure: { class: "ambiguous", scope: "target", code: "ConfirmTimeout" } }],
    [{ kind: "cut-off" }, { failure: { class: "ambiguous", scope: "target", code: "ConnectionLost" } }],
    [closedBy(404), { kind: "failed", failure: { class: "permanent", scope: "target", code: "NotFound" } }],
    [closedBy(403), { kind: "failed", failure: { class: "permanent", scope: "target", code: "AccessRefused" } }],
    [closedBy(406), { kind: "refused-together", failure: { class: "permanent", scope: "event" } }],
    [closedBy(311), { kind: "refused-together", failure: { class: "permanent", scope: "event" } }],
    [closedBy(541), { kind: "failed", failure: { class: "ambiguous", scope: "target", code: "541" } }],
  ])("%j is told", (sent, result) => {
    expect(resultsOf([sent], facts)).toMatchObject([result]);
  });

  it("is a full route's own where routes are made of the events: the others of the exchange go on", () => {
    const routed = { ...facts, routes: ["orders.placed", "orders.paid"] };
    const [full, taken] = resultsOf([{ kind: "refused" }, CONFIRMED], routed);
    expect(full).toMatchObject({ failure: { class: "throttled", scope: "target", route: "orders.placed" } });
    expect(taken).toMatchObject({ kind: "acknowledged" });
  });

  it("is unknown where the exchange vanished in the middle of a call", () => {
    const [, second] = resultsOf([CONFIRMED, closedBy(404)], facts);
    expect(second).toMatchObject({
      kind: "failed",
      failure: { class: "ambiguous", scope: "target", code: "NotFound" },
    });
  });
});

describe("a handshake", () => {
  const refusal = (words: string) => unconnected(new Error(`Handshake terminated by server: ${words}`));

  it.each([
    ['403 (ACCESS-REFUSED) with message "ACCESS_REFUSED - Login was refused"', "permanent", "AccessRefused"],
    ['530 (NOT-ALLOWED) with message "NOT_ALLOWED - user limit"', "permanent", "NotAllowed"],
    ['320 (CONNECTION-FORCED) with message "CONNECTION_FORCED - shutdown"', "transient", "ConnectFailed"],
  ])("that ended with %s", (words, failureClass, code) => {
    expect(refusal(words)).toMatchObject({ kind: "failed", failure: { class: failureClass, scope: "target", code } });
  });

  it.each([
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "CERT_HAS_EXPIRED",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  ])("without a certificate to trust lasts: %s", (code) => {
    const failure = { class: "permanent", scope: "target", code };
    expect(unconnected(Object.assign(new Error("no"), { code }))).toMatchObject({ failure });
  });
});

describe("the publisher", () => {
  it("fails for now where nobody listens, and where the other side is no AMQP broker", async () => {
    const web = await socketServer((socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    for (const address of [await closedPort(), web]) {
      const publisher = publisherOf({ kind: "rabbitmq", url: amqp(address), queue: "orders" });
      const results = await publisher.publish("orders", eventsOf(2), systemClock.now() + 3_000);
      expect(results).toMatchObject(
        Array(2).fill({ kind: "failed", failure: { class: "transient", scope: "target" } }),
      );
    }
  });

  it("tells of a secret that cannot be read, and connects to nobody", async () => {
    let connections = 0;
    const address = await socketServer(() => {
      connections += 1;
    });
    const parameterName = "/broker";
    const secrets = {
      read: async () => Promise.reject(new Error("The secret /broker could not be read (AccessDenied)")),
      forget: () => undefined,
    };
    const publisher = publisherOf(
      {
        kind: "rabbitmq",
        url: amqp(address),
        queue: "orders",
        username: { parameterName },
        password: { parameterName },
      },
      secrets,
    );
    const [result] = await publisher.publish("orders", [eventOf()], systemClock.now() + 3_000);
    expect(result).toMatchObject({ failure: { class: "transient", scope: "target" } });
    expect(JSON.stringify(result)).toContain("The secret /broker could not be read");
    expect(connections).toBe(0);
  });

  it("sends an event to the queue or exchange that it names", () => {
    const publisher = publisherOf({ kind: "rabbitmq", url: "amqp://127.0.0.1", exchange: "events" });
    expect(publisher.destinationOf(eventOf())).toBe("events");
    expect(publisher.destinationOf(eventOf({ destination: "audit" }))).toBe("audit");
  });

  const url = "amqps://mq.example.com";
  it.each([
    [{ kind: "sqs" }, "OUTBOX_RELAY_TARGET.kind"],
    [{ kind: "rabbitmq", queue: "q" }, "OUTBOX_RELAY_TARGET.url is undefined: it must be an address such as amqps://"],
    [{ kind: "rabbitmq", url, queue: "q", exchange: "e" }, "it must hold either exchange or queue"],
    [{ kind: "rabbitmq", url }, "it must hold either exchange or queue"],
    [{ kind: "rabbitmq", url, queue: "q", routingKey: "r" }, "OUTBOX_RELAY_TARGET.routingKey"],
    [{ kind: "rabbitmq", url, queue: "q", username: { parameterName: "u" } }, "username and password go together"],
    [{ kind: "rabbitmq", url, queue: "q", ca: {} }, "OUTBOX_RELAY_TARGET.ca"],
    [{ kind: "rabbitmq", url, queue: "q", tls: true }, "OUTBOX_RELAY_TARGET.tls is true: there is no such setting"],
    [{ kind: "rabbitmq", url: "amqps://a:b@mq", queue: "q" }, "OUTBOX_RELAY_TARGET.url holds credentials"],
  ])("refuses %j and says why", (config, message) => {
    expect(() => publisherOf(config)).toThrow(message);
  });
});
