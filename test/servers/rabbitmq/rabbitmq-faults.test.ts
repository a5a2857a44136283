import { rm } from "node:fs/promises";
import { type ChannelModel, connect } from "amqplib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OutboxEvent } from "../../../lib/contract/event.ts";
import { freePort } from "../../../lib/local/free-port.ts";
import { headerFrameBytes, rabbitMessage } from "../../../lib/targets/rabbitmq/message.ts";
import { createPublisher } from "../../../lib/targets/rabbitmq/publisher.ts";
import { eventOf } from "../../aws/fixtures.ts";
import { type CertificateFiles, certificateIn } from "../certificate.ts";
import { startDeafProxy } from "../deaf-proxy.ts";
import { ACKNOWLEDGED, failure, publishing } from "../publishing.ts";
import { describeMissing, serverFolder } from "../real-server.ts";
import { secretTexts } from "../secret-texts.ts";
import { TcpProxy } from "../tcp-proxy.ts";
import { hasRabbit, type RabbitServer, startRabbitServer } from "./rabbitmq-server.ts";

const NAME = "a RabbitMQ in trouble";
const MAX_MESSAGE_BYTES = 100_000;
const FRAME_MAX_BYTES = 8_192;

// These tests kill, starve and mislead the server, so they need one of their own.
if (!(await hasRabbit())) describeMissing(NAME, "install rabbitmq-server");
else describe(`publishing to ${NAME}`, tests);

function tests() {
  let server: RabbitServer;
  let certificate: CertificateFiles;
  let certificates: string;
  let tlsPort: number;
  let proxy: TcpProxy;
  let admin: ChannelModel;
  let number = 0;
  let queue: string;

  beforeAll(async () => {
    certificates = await serverFolder();
    certificate = await certificateIn(certificates);
    tlsPort = await freePort();
    server = await startRabbitServer([
      `max_message_size = ${MAX_MESSAGE_BYTES}`,
      `frame_max = ${FRAME_MAX_BYTES}`,
      `listeners.ssl.1 = 127.0.0.1:${tlsPort}`,
      `ssl_options.certfile = ${certificate.certificateFile}`,
      `ssl_options.keyfile = ${certificate.keyFile}`,
    ]);
    proxy = await TcpProxy.start(() => ({ host: "127.0.0.1", port: server.port }));
    const { port, username, password } = server;
    admin = await connect({ hostname: "127.0.0.1", port, username, password });
    await server.control("add_user", "stranger", "strange");
    await server.control("set_permissions", "stranger", "^$", "^$", ".*");
  });
  afterAll(async () => {
    await admin?.close();
    await proxy?.close();
    await server?.end();
    await rm(certificates, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await proxy.setFault("pass");
    number += 1;
    queue = `queue${number}`;
    await declareQueue();
  });

  async function declareQueue(queueArguments: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const channel = await admin.createChannel();
    await channel.deleteQueue(queue);
    await channel.assertQueue(queue, { durable: true, arguments: queueArguments });
    await channel.close();
  }

  const waiting = async () => {
    const channel = await admin.createChannel();
    const { messageCount } = await channel.checkQueue(queue);
    await channel.close();
    return messageCount;
  };

  const publisher = (change: object = {}, texts: Readonly<Record<string, string>> = {}) => {
    const config = {
      kind: "rabbitmq",
      url: `amqp://127.0.0.1:${proxy.port}`,
      queue,
      username: { parameterName: "username" },
      password: { parameterName: "password" },
      ...change,
    };
    const { username, password } = server;
    return publishing(createPublisher, config, secretTexts({ username, password, ca: certificate.ca, ...texts }));
  };
  const typed = (...types: readonly string[]) => types.map((type, index) => eventOf({ id: `e${index}`, type }));
  const large = eventOf({ id: "large", data: "x".repeat(MAX_MESSAGE_BYTES) });

  describe("with an exchange", () => {
    let publish: ReturnType<typeof publisher>;
    beforeEach(async () => {
      const channel = await admin.createChannel();
      await channel.assertExchange(queue, "topic", { durable: true });
      await channel.bindQueue(queue, queue, "shop.order.*");
      await channel.close();
      publish = publisher({ queue: undefined, exchange: queue, routingKey: "shop.{type}" });
    });

    it("acknowledges what a queue took, and tells what came back in the same call as the event's own fault", async () => {
      const results = await publish(typed("order.placed", "bill.paid", "order.sent", "bill.sent"));
      const returned = failure("permanent", "event", "Unroutable");
      expect(results).toMatchObject([ACKNOWLEDGED, returned, ACKNOWLEDGED, returned]);
      expect(await waiting()).toBe(2);
    });

    it("tells that the exchange leads nowhere when several routes were tried", async () => {
      const results = await publish(typed("bill.paid", "bill.sent"));
      expect(results).toMatchObject(Array(2).fill(failure("permanent", "target", "Unroutable")));
      expect(await publish(typed("order.placed"))).toEqual([ACKNOWLEDGED]);
    });
  });

  it("slows down for a queue that is full and refuses more", async () => {
    await declareQueue({ "x-max-length": 1, "x-overflow": "reject-publish" });
    const publish = publisher();
    expect(await publish([eventOf()])).toEqual([ACKNOWLEDGED]);
    await expect.poll(() => publish([eventOf()])).toMatchObject([failure("throttled", "target", "Nack")]);
  });

  it("has every event tried alone where the broker closed the channel over one that is too large", async () => {
    const publish = publisher();
    const small = eventOf({ id: "small" });
    const together = { kind: "refused-together", failure: { class: "permanent", scope: "event" } };
    const [company, beside] = await Promise.all([publish([large, small]), publish([small])]);
    expect(company).toMatchObject([together, together]);
    expect(beside).toEqual([ACKNOWLEDGED]);
    expect(await publish([large])).toMatchObject([together]);
    expect(await publish([small])).toEqual([ACKNOWLEDGED]);
  });

  it("refuses an event whose attributes fit no frame that was agreed on, and passes on the others", async () => {
    const bytes = (event: OutboxEvent) => headerFrameBytes(rabbitMessage(event).options);
    const attributed = (id: string, length: number) => eventOf({ id, subject: "x".repeat(length) });
    const longest = attributed("e0", 7_000 + FRAME_MAX_BYTES - bytes(attributed("e0", 7_000)));
    expect(bytes(longest)).toBe(FRAME_MAX_BYTES);
    const over = attributed("e1", 7_000 + FRAME_MAX_BYTES - bytes(attributed("e0", 7_000)) + 1);
    const results = await publisher()([attributed("first", 10_000), longest, over, eventOf({ id: "two" })]);
    const refused = failure("permanent", "event", "AttributesTooLarge");
    expect(results).toMatchObject([refused, ACKNOWLEDGED, refused, ACKNOWLEDGED]);
    expect(await waiting()).toBe(2);
  });

  it("refuses an event whose routing key, media type or attribute name is longer than AMQP has room for", async () => {
    const publish = publisher({ queue: undefined, exchange: "amq.topic", routingKey: "{type}" });
    const long = "x".repeat(256);
    const results = await publish([
      eventOf({ id: "e0", type: long }),
      eventOf({ id: "e1", datacontenttype: `text/${long}`, data: "hello" }),
      eventOf({ id: "e2", extensions: { [long]: 1 } }),
    ]);
    const refused = (code: string) => failure("permanent", "event", code);
    expect(results).toMatchObject(["RoutingKeyTooLong", "ContentTypeTooLong", "AttributeNameTooLong"].map(refused));
  });

  it("tells that its user may not write there", async () => {
    const publish = publisher(
      { queue: undefined, exchange: "amq.topic" },
      { username: "stranger", password: "strange" },
    );
    expect(await publish([eventOf()])).toMatchObject([failure("permanent", "target", "AccessRefused")]);
  });

  it("tells that there is no such virtual host", async () => {
    const publish = publisher({ url: `amqp://127.0.0.1:${proxy.port}/nowhere` });
    expect(await publish([eventOf()])).toMatchObject([failure("permanent", "target", "VirtualHostRefused")]);
  });

  it("reads credentials anew that were refused", async () => {
    const kept = new Map([["password", "an old one"]]);
    const config = {
      kind: "rabbitmq",
      url: `amqp://127.0.0.1:${proxy.port}`,
      queue,
      username: { parameterName: "username" },
      password: { parameterName: "password" },
    };
    const texts = secretTexts({ username: server.username, password: server.password });
    const publish = publishing(createPublisher, config, {
      read: async (ref) => (ref.kind === "parameter" ? kept.get(ref.name) : undefined) ?? texts.read(ref),
      forget: (ref) => void (ref.kind === "parameter" && kept.delete(ref.name)),
    });
    expect(await publish([eventOf()])).toMatchObject([failure("permanent", "target", "AccessRefused")]);
    expect(await publish([eventOf()])).toEqual([ACKNOWLEDGED]);
  });

  it("does not know what became of events when the connection is lost before their confirms", async () => {
    const publish = publisher();
    expect(await publish([eventOf({ id: "warm" })])).toEqual([ACKNOWLEDGED]);
    await proxy.setFault("swallow-answers");
    const results = publish([eventOf({ id: "cut" })]);
    await expect.poll(waiting).toBe(2);
    proxy.cutConnections();
    expect(await results).toMatchObject([failure("ambiguous", "target", "ConnectionLost")]);
    await proxy.setFault("pass");
    expect(await publish([eventOf({ id: "next" })])).toEqual([ACKNOWLEDGED]);
  });

  it("leaves a connection on which no answer came in time", async () => {
    const deaf = await startDeafProxy(server.port);
    const publish = publisher({ url: `amqp://127.0.0.1:${deaf.port}` });
    expect(await publish([eventOf({ id: "warm" })])).toEqual([ACKNOWLEDGED]);
    deaf.deafen();
    expect(await publish([eventOf({ id: "lost" })], 500)).toMatchObject([
      failure("ambiguous", "target", "ConfirmTimeout"),
    ]);
    expect(await publish([eventOf({ id: "next" })])).toEqual([ACKNOWLEDGED]);
    await deaf.close();
  });

  it("waits for a broker that is out of memory, then slows down, and goes on when it may", async () => {
    const publish = publisher();
    expect(await publish([eventOf({ id: "warm" })])).toEqual([ACKNOWLEDGED]);
    await server.control("set_vm_memory_high_watermark", "0.0000001");
    // The broker tells a connection at its next message, and may still handle that message later.
    const [unknown] = await publish([eventOf({ id: "first" })], 1_000);
    expect(unknown).toMatchObject(failure("ambiguous", "target", "ConfirmTimeout"));
    expect(JSON.stringify(unknown)).toContain("low on memory");
    expect(await publish([eventOf({ id: "second" })], 500)).toMatchObject([
      failure("throttled", "target", "ConnectionBlocked"),
    ]);
    const third = publish([eventOf({ id: "third" })]);
    await server.control("set_vm_memory_high_watermark", "0.9");
    // The time of this call may be up meanwhile. The next one passes.
    await third;
    expect(await publish([eventOf({ id: "fourth" })])).toEqual([ACKNOWLEDGED]);
  });

  it("speaks TLS with a broker whose certificate it is told to trust, and with no other", async () => {
    const url = `amqps://127.0.0.1:${tlsPort}`;
    expect(await publisher({ url, ca: { parameterName: "ca" } })([eventOf()])).toEqual([ACKNOWLEDGED]);
    const untrusted = await publisher({ url })([eventOf()]);
    expect(untrusted).toMatchObject([failure("permanent", "target", "UNABLE_TO_VERIFY_LEAF_SIGNATURE")]);
  });
}
