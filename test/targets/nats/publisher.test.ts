import { errors, type Msg } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../../lib/aws/system.ts";
import { answerResult, requestFailure, unconnected } from "../../../lib/targets/nats/failures.ts";
import { natsMessage } from "../../../lib/targets/nats/message.ts";
import { createPublisher } from "../../../lib/targets/nats/publisher.ts";
import { eventOf, eventsOf } from "../../aws/fixtures.ts";
import { closedPort, socketServer } from "../../aws/loopback.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";

const SERVERS = ["tls://nats.example.com"];
const publisherOf = (change: object) =>
  createPublisher({
    config: { kind: "nats", servers: SERVERS, subject: "orders.{type}", ...change },
    path: "OUTBOX_RELAY_TARGET",
    concurrency: 8,
    clock: systemClock,
    telemetry: new RecordingTelemetry(),
    secrets: { read: async () => "not an nkey", forget: () => undefined },
  });
const nats = (httpAddress: string) => [httpAddress.replace("http", "nats")];

/** A message with this text, with the fields that the publisher reads. */
const answer = (text: string): Msg => ({ json: () => JSON.parse(text) }) as unknown as Msg;

describe("JetStream's answer", () => {
  it("acknowledges by a stream and a sequence, and tells what the stream had already", () => {
    const acknowledged = { kind: "acknowledged", receipt: { stream: "ORDERS", sequence: "7" } };
    expect(answerResult(answer('{"stream":"ORDERS","seq":7}'))).toEqual(acknowledged);
    const before = { ...acknowledged, duplicate: true };
    expect(answerResult(answer('{"stream":"ORDERS","seq":7,"duplicate":true}'))).toEqual(before);
  });

  it.each(["", "+OK", "null", "{}", '{"stream":"ORDERS"}', '{"seq":7}', "[]"])(
    "does not acknowledge by anything else: %s",
    (text) => {
      expect(answerResult(answer(text))).toMatchObject({ failure: { class: "ambiguous", scope: "target" } });
    },
  );

  it.each([
    [503, 10077, "maximum bytes exceeded", "throttled", "target"],
    [503, 10023, "insufficient resources", "throttled", "target"],
    [500, 10047, "insufficient storage resources available", "throttled", "target"],
    [429, 10167, "too many requests", "throttled", "target"],
    [429, 99999, "slow down", "throttled", "target"],
    [400, 10054, "message size exceeds maximum allowed", "permanent", "event"],
    [400, 10097, "header size exceeds maximum allowed of 64k", "permanent", "event"],
    [400, 10060, "expected stream does not match", "permanent", "target"],
    [503, 10039, "JetStream not enabled for account", "permanent", "target"],
    [400, 10109, "invalid operation on sealed stream", "permanent", "target"],
    [503, 10008, "JetStream system temporarily unavailable", "transient", "target"],
    [409, 10158, "duplicate message id is in process", "transient", "target"],
    [400, 99998, "something new", "permanent", "target"],
    [500, 99997, "something new", "transient", "target"],
  ])("%i/%i, %s, is %s of the %s", (code, err_code, description, failureClass, scope) => {
    const text = JSON.stringify({ error: { code, err_code, description }, stream: "ORDERS", seq: 0 });
    expect(answerResult(answer(text))).toEqual({
      kind: "failed",
      failure: { class: failureClass, scope, code: `JetStream${err_code}`, message: description },
    });
  });
});

describe("a subject made of the event", () => {
  const refusedWith = (err_code: number, description: string) =>
    answerResult(answer(JSON.stringify({ error: { code: 503, err_code, description } })), "orders.placed");

  it("is alone at its limit: the others of the destination go on", () => {
    expect(refusedWith(10077, "maximum messages per subject exceeded")).toMatchObject({
      failure: { class: "throttled", scope: "target", route: "orders.placed" },
    });
  });

  it("is not to blame where the server itself is at its limits", () => {
    const result = refusedWith(10023, "insufficient resources");
    expect(result).toMatchObject({ failure: { class: "throttled", scope: "target" } });
    expect(result).not.toHaveProperty("failure.route");
  });
});

describe("an event without an answer", () => {
  const failed = (error: unknown) => requestFailure(error, "target", "orders");

  it.each<[string, unknown, object]>([
    [
      "nobody takes the subject",
      new errors.RequestError("", { cause: new errors.NoRespondersError("orders") }),
      { class: "permanent", code: "NoResponders", scope: "target" },
    ],
    [
      "the user may not publish there",
      new errors.RequestError("", { cause: new errors.PermissionViolationError("no", "publish", "orders") }),
      { class: "permanent", code: "PermissionViolation", scope: "target" },
    ],
    ["time ran out", new errors.TimeoutError(), { class: "ambiguous", code: "AckTimeout", scope: "target" }],
    ["the connection broke", new errors.RequestError("connection closed"), { class: "ambiguous", scope: "target" }],
    ["the connection had broken", new errors.ClosedConnectionError(), { class: "transient", scope: "target" }],
    ["it is too large", new errors.InvalidArgumentError("max_payload"), { class: "permanent", scope: "event" }],
    ["nobody knows why", "?", { class: "ambiguous", scope: "target" }],
  ])("because %s", (_why, error, failure) => {
    expect(failed(error)).toMatchObject({ kind: "failed", failure });
  });
});

describe("a connection that could not be made", () => {
  it.each<[string, unknown, object]>([
    [
      "credentials",
      new errors.AuthorizationError("Authorization Violation"),
      { class: "permanent", code: "AuthorizationViolation" },
    ],
    [
      "room",
      new errors.ProtocolError("maximum connections exceeded"),
      { class: "throttled", code: "TooManyConnections" },
    ],
    ["TLS", new errors.ConnectionError("server does not support 'tls'"), { class: "permanent", code: "NoTls" }],
    [
      "a listener",
      new errors.ConnectionError("connection refused", {
        cause: Object.assign(new Error("no"), { code: "ECONNREFUSED" }),
      }),
      { class: "transient", code: "ECONNREFUSED" },
    ],
    ["an answer", new errors.TimeoutError(), { class: "transient", code: "ConnectFailed" }],
  ])("for lack of %s", (_what, error, failure) => {
    expect(unconnected(error)).toMatchObject({ kind: "failed", failure: { scope: "target", ...failure } });
  });
});

describe("the publisher", () => {
  it("fails for now where nobody listens, and where the other side is no NATS server", async () => {
    const web = await socketServer((socket) => void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    for (const address of [await closedPort(), web]) {
      const publisher = publisherOf({ servers: nats(address), subject: "orders" });
      const results = await publisher.publish("orders", eventsOf(2), systemClock.now() + 3_000);
      expect(results).toMatchObject(
        Array(2).fill({ kind: "failed", failure: { class: "transient", scope: "target" } }),
      );
    }
  });

  it("leaves no socket behind at a server that says nothing", async () => {
    const left = new Promise<void>((resolve) => {
      void socketServer((socket) => socket.on("close", () => resolve()).resume()).then(async (address) => {
        const publisher = publisherOf({ servers: nats(address), subject: "orders" });
        await publisher.publish("orders", eventsOf(1), systemClock.now() + 100);
      });
    });
    await left;
  });

  it("takes credentials that cannot be read as refused, and shows nothing of them", async () => {
    const publisher = publisherOf({ servers: nats(await closedPort()), nkeySeed: { parameterName: "seed" } });
    const [result] = await publisher.publish("orders.{type}", [eventOf()], systemClock.now() + 3_000);
    expect(result).toMatchObject({ failure: { class: "permanent", scope: "target", code: "AuthorizationViolation" } });
    expect(JSON.stringify(result)).not.toContain("not an nkey");
  });

  it("gives two ids two message ids, as a header may hold them", () => {
    const idOf = (id: string) => natsMessage(eventOf({ id }), undefined).headers.get("Nats-Msg-Id");
    expect(idOf("019a-7b3c")).toBe("019a-7b3c");
    const ids = ["a", "a ", " a", "a%20", 'a"', "ä", "a\tb", "a\nb"];
    expect(new Set(ids.map(idOf)).size).toBe(ids.length);
    for (const id of ids) expect(idOf(id)).toMatch(/^[!-~]+$/);
  });

  it("names the stream that it expects", () => {
    expect(natsMessage(eventOf(), "ORDERS").headers.get("Nats-Expected-Stream")).toBe("ORDERS");
    expect(natsMessage(eventOf(), undefined).headers.has("Nats-Expected-Stream")).toBe(false);
  });

  const parameterName = "p";
  it.each([
    [{ kind: "sqs" }, "OUTBOX_RELAY_TARGET.kind"],
    [{ servers: undefined }, "OUTBOX_RELAY_TARGET.servers is undefined: it must be a list of addresses"],
    [{ servers: [] }, "OUTBOX_RELAY_TARGET.servers is []: it must be a list of addresses"],
    [{ servers: ["tls://a", "nats://b"] }, "its addresses must all begin with tls://, or all with nats://"],
    [{ servers: ["tls://u:p@a"] }, "OUTBOX_RELAY_TARGET.servers[0] holds credentials"],
    [{ subject: "a b" }, 'OUTBOX_RELAY_TARGET.subject is "a b"'],
    [{ alsoTo: ["a.*"] }, 'OUTBOX_RELAY_TARGET.alsoTo[0] is "a.*"'],
    [{ stream: "a.b" }, "OUTBOX_RELAY_TARGET.stream"],
    [{ inboxPrefix: "a.>" }, "OUTBOX_RELAY_TARGET.inboxPrefix"],
    [{ maxPayloadBytes: 1 }, "OUTBOX_RELAY_TARGET.maxPayloadBytes is 1: it must be an integer from 1024"],
    [{ token: { parameterName }, creds: { parameterName } }, "a server is shown one kind of credentials"],
    [{ username: { parameterName } }, "OUTBOX_RELAY_TARGET.password"],
    [{ queue: "q" }, "OUTBOX_RELAY_TARGET.queue"],
  ])("refuses %j and says why", (change, message) => {
    expect(() => publisherOf(change)).toThrow(message);
  });
});
