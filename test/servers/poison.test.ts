import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { DiscardPolicy, jetstreamManager } from "@nats-io/jetstream";
import { connect as connectNats } from "@nats-io/transport-node";
import { connect as connectRabbit } from "amqplib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../lib/aws/system.ts";
import type { NewEvent } from "../../lib/contract/codec/encode-row.ts";
import { createPublisher as httpPublisher } from "../../lib/targets/http/publisher.ts";
import { createPublisher as kafkaPublisher } from "../../lib/targets/kafka/publisher.ts";
import { createPublisher as natsPublisher } from "../../lib/targets/nats/publisher.ts";
import { createPublisher as rabbitPublisher } from "../../lib/targets/rabbitmq/publisher.ts";
import type { CreatePublisher } from "../../lib/targets/shared/run/target-factory.ts";
import { eventOf } from "../aws/fixtures.ts";
import { RecordingTelemetry } from "../world/recording-telemetry.ts";
import { passwordAuth } from "./kafka/engine.ts";
import { readTopic } from "./kafka/reader.ts";
import { hasKafka, startKafka } from "./kafka/server.ts";
import { LOGIN } from "./kafka/settings.ts";
import { kafkaAdmin } from "./kafka/topics.ts";
import { hasNats, natsUsers, startNatsServer } from "./nats/nats-server.ts";
import { leftBeside } from "./poisoned.ts";
import { hasRabbit, startRabbitServer } from "./rabbitmq/rabbitmq-server.ts";
import { readBody } from "./read-body.ts";
import { describeMissing } from "./real-server.ts";
import { secretTexts } from "./secret-texts.ts";
import { type Poison, TcpProxy } from "./tcp-proxy.ts";

/** A string in the poison's payload, by which the wire and the receiver recognise it. */
const MARKER = "a-poison-of-its-own";
/** How often a good event may come: its call is repeated whole once, and then the event goes alone. */
const MOST_COPIES = 3;
const GOOD = Array.from({ length: 19 }, (_unused, index) => `good${index}`);

interface Case {
  readonly name: string;
  /** The poison's attributes besides its id. */
  readonly event?: Partial<NewEvent>;
  /** What the wire does to a request that holds it. */
  readonly effect?: Poison["effect"];
  /** The poison is measured and not sent, so no other event meets a failure, and each arrives once. @default false */
  readonly isMeasured?: boolean;
  /** The failure is the event's own, so its row is marked. False: it is its route's, or nobody knows whose. @default true */
  readonly isOwn?: boolean;
}

/** Makes a new, empty destination. */
interface Site {
  readonly createPublisher: CreatePublisher;
  readonly config: unknown;
  readonly secrets?: Parameters<CreatePublisher>[0]["secrets"];
  readonly proxy?: TcpProxy;
  /** Ids of the events that arrived. */
  received(): Promise<readonly (string | undefined)[]>;
}

const WIRE: readonly Case[] = [
  { name: "cuts the connection", effect: "cut" },
  { name: "makes the server fall silent", effect: "deaf" },
];

function plays(cases: readonly Case[], open: (played: Case) => Promise<Site>): void {
  it.each(cases)("first in the call, one that $name delays no other", async (played) => {
    const { createPublisher, config, secrets, proxy, received } = await open(played);
    const publisher = createPublisher({
      ...{ config, path: "target", concurrency: 8, clock: systemClock, telemetry: new RecordingTelemetry() },
      ...(secrets === undefined ? {} : { secrets }),
    });
    // Connections, tokens and topologies are made before: the half second is for the call alone.
    const warm = eventOf({ id: "warm" });
    await publisher.publish(publisher.destinationOf(warm), [warm], systemClock.now() + 5_000);
    proxy?.setPoison(played.effect === undefined ? undefined : { marker: MARKER, effect: played.effect });
    try {
      const poison = { id: "poison", data: { note: MARKER }, ...played.event };
      const left = await leftBeside(publisher, [poison, ...GOOD.map((id) => ({ id }))]);
      expect(left.map(({ id }) => id)).toEqual(["poison"]);
      if (played.isOwn !== false) expect(left[0]?.attempts).toBeGreaterThan(0);
    } finally {
      proxy?.setPoison(undefined);
    }
    const arrived = (await received()).filter((id) => id?.startsWith("good"));
    expect([...new Set(arrived)].toSorted()).toEqual(GOOD.toSorted());
    if (played.isMeasured === true) expect(arrived).toHaveLength(GOOD.length);
    expect(arrived.length).toBeLessThanOrEqual(MOST_COPIES * GOOD.length);
  });
}

describe("a webhook in batches that meets a poison", () => {
  let behave: (response: ServerResponse, socket: Socket) => void;
  let ids: string[] = [];
  const server = createServer((request, response) => {
    if (hasty && Number(request.headers["content-length"]) > 1_000_000) return behave(response, request.socket);
    return void readBody(request, 10_000_000).then((body) => {
      if (!hasty && body.includes(MARKER)) return behave(response, request.socket);
      ids.push(...(JSON.parse(body) as readonly { readonly id: string }[]).map(({ id }) => id));
      response.writeHead(204).end();
    });
  });
  /** A server that answers before it has read a large call. */
  let hasty = false;
  beforeAll(() => new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve)));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const status = (code: number) => (response: ServerResponse) => void response.writeHead(code).end();
  const behaviours: Readonly<Record<string, typeof behave>> = {
    "gets a 500": status(500),
    "gets a 502": status(502),
    "gets a 400": status(400),
    "has the connection cut": (_response, socket) => socket.resetAndDestroy(),
    "gets a 101": (_response, socket) =>
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"),
    "gets no answer": () => undefined,
    "gets an answer that never ends": (response) => void response.writeHead(200).write("and so on"),
    "gets a 413 before it was read": (_response, socket) => {
      socket.pause();
      socket.end("HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n", () => socket.destroy());
    },
  };
  const cases = Object.keys(behaviours).map((name): Case => {
    return name.startsWith("gets a 413") ? { name, event: { data: "x".repeat(5_600_000) } } : { name };
  });
  plays(cases, async ({ name }) => {
    const chosen = behaviours[name];
    if (chosen === undefined) throw new Error("There is no such behaviour");
    behave = chosen;
    hasty = name.startsWith("gets a 413");
    ids = [];
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const limits = { maxBytes: 10_000_000, timeoutMs: 500 };
    const config = { kind: "http", url, mode: "batch", allowInsecure: true, ...limits };
    return { createPublisher: httpPublisher, config, received: async () => ids };
  });
});

if (!(await hasNats())) describeMissing("a JetStream with poison", "install nats-server");
else {
  describe("a JetStream that meets a poison", () => {
    const { password, setting } = natsUsers();
    const parts = {} as { server: Awaited<ReturnType<typeof startNatsServer>>; proxy: TcpProxy };
    let streams = 0;
    beforeAll(async () => {
      parts.server = await startNatsServer([setting]);
      parts.proxy = await TcpProxy.start(() => ({ host: "127.0.0.1", port: parts.server.port }));
    });
    afterAll(async () => {
      await parts.proxy?.close();
      await parts.server?.end();
    });

    const dots = { order: { key: ".".repeat(1_350), sequence: 1 } };
    const own: readonly Case[] = [
      { name: "has a subject too long for the server", event: dots, isMeasured: true },
      { name: "is larger than the stream takes", event: { data: "x".repeat(60_000) } },
      { name: "goes to a subject that is full", event: { order: { key: "full", sequence: 1 } }, isOwn: false },
    ];
    plays([...own, ...WIRE], async () => {
      streams += 1;
      const name = `POISON_${streams}`;
      const admin = await connectNats({ port: parts.server.port, user: "relay", pass: password });
      const manager = await jetstreamManager(admin);
      await manager.streams.add({
        ...{ name, subjects: [`${name}.>`], max_msg_size: 50_000, max_msgs_per_subject: 1 },
        ...{ discard: DiscardPolicy.New, discard_new_per_subject: true },
      });
      await admin.request(`${name}.full`, "taken");
      return {
        createPublisher: natsPublisher,
        config: {
          ...{ kind: "nats", servers: [`nats://127.0.0.1:${parts.proxy.port}`], subject: `${name}.{key}` },
          ...{ username: { parameterName: "username" }, password: { parameterName: "password" } },
        },
        secrets: secretTexts({ username: "relay", password }),
        proxy: parts.proxy,
        async received() {
          const { state } = await manager.streams.info(name, { subjects_filter: ">" });
          await admin.close();
          return Object.keys(state.subjects ?? {}).map((subject) => subject.slice(name.length + 1));
        },
      };
    });
  });
}

if (!(await hasRabbit())) describeMissing("a RabbitMQ with poison", "install rabbitmq-server");
else {
  describe("a RabbitMQ that meets a poison", () => {
    const parts = {} as { server: Awaited<ReturnType<typeof startRabbitServer>>; proxy: TcpProxy };
    let exchanges = 0;
    beforeAll(async () => {
      parts.server = await startRabbitServer(["frame_max = 8192", "max_message_size = 100000"]);
      parts.proxy = await TcpProxy.start(() => ({ host: "127.0.0.1", port: parts.server.port }));
    });
    afterAll(async () => {
      await parts.proxy?.close();
      await parts.server?.end();
    });

    const own: readonly Case[] = [
      { name: "has attributes too large for a frame", event: { subject: "x".repeat(10_000) }, isMeasured: true },
      { name: "has a routing key too long for AMQP", event: { type: "x".repeat(256) }, isMeasured: true },
      { name: "is larger than the broker takes", event: { data: "x".repeat(100_001) } },
      { name: "goes to a queue that is full", event: { type: "full" }, isOwn: false },
    ];
    plays([...own, ...WIRE], async () => {
      exchanges += 1;
      const name = `poison-${exchanges}`;
      const { port, username, password } = parts.server;
      const admin = await connectRabbit({ hostname: "127.0.0.1", port, username, password });
      const channel = await admin.createConfirmChannel();
      await channel.assertExchange(name, "direct");
      await channel.assertQueue(name);
      await channel.bindQueue(name, name, "order.placed");
      const full = { "x-max-length": 1, "x-overflow": "reject-publish" };
      await channel.assertQueue(`${name}-full`, { arguments: full });
      await channel.bindQueue(`${name}-full`, name, "full");
      channel.publish(name, "full", Buffer.from("taken"));
      await channel.waitForConfirms();
      return {
        createPublisher: rabbitPublisher,
        config: {
          ...{ kind: "rabbitmq", url: `amqp://127.0.0.1:${parts.proxy.port}`, exchange: name, routingKey: "{type}" },
          ...{ username: { parameterName: "username" }, password: { parameterName: "password" } },
        },
        secrets: secretTexts({ username, password }),
        proxy: parts.proxy,
        async received() {
          const ids: string[] = [];
          for (;;) {
            const message = await channel.get(name);
            if (message === false) break;
            ids.push(String(message.properties.messageId));
          }
          await admin.close();
          return ids;
        },
      };
    });
  });
}

if (!(await hasKafka())) describeMissing("a Kafka with poison", "install Java 17 or later, Maven and openssl");
else {
  describe("a Kafka that meets a poison", () => {
    const parts = {} as { server: Awaited<ReturnType<typeof startKafka>>; admin: ReturnType<typeof kafkaAdmin> };
    beforeAll(async () => {
      parts.server = await startKafka();
      parts.admin = kafkaAdmin(parts.server);
    });
    afterAll(async () => {
      await parts.admin?.close();
      await parts.server?.end();
    });

    const large: Case = { name: "is larger than the topic takes", event: { data: "x".repeat(60_000) } };
    plays([large, ...WIRE], async () => {
      const topic = await parts.admin.createTopic(2, { "max.message.bytes": "50000" });
      const { proxy, ports } = parts.server;
      return {
        createPublisher: kafkaPublisher,
        config: {
          ...{ kind: "kafka", brokers: `127.0.0.1:${proxy.port}`, topic, tls: false },
          auth: passwordAuth("scram-sha-512"),
        },
        secrets: secretTexts(LOGIN),
        proxy,
        received: async () => (await readTopic(ports.direct, topic)).map(({ headers }) => headers["ce_id"]),
      };
    });
  });
}
