import { describe, expect, it } from "vitest";
import type { SecretSource } from "../../../lib/aws/secrets.ts";
import { systemClock } from "../../../lib/aws/system.ts";
import { createPublisher } from "../../../lib/targets/kafka/publisher.ts";
import { readKafkaConfig } from "../../../lib/targets/kafka/settings.ts";
import { eventOf, eventsOf } from "../../aws/fixtures.ts";
import { closedPort, socketServer } from "../../aws/loopback.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";

const PATH = "OUTBOX_RELAY_TARGET";
const CONFIG = { kind: "kafka", brokers: "b-1.example.com:9098, b-2.example.com:9099", topic: "orders" };
const SCRAM = { mechanism: "scram-sha-512", username: { parameterName: "u" }, password: { parameterName: "p" } };
const NO_SECRETS: SecretSource = {
  read: async () => {
    throw new Error("There are no secrets here");
  },
  forget: () => {},
};

const publisherOf = (config: unknown) =>
  createPublisher({
    config,
    path: PATH,
    concurrency: 4,
    clock: systemClock,
    telemetry: new RecordingTelemetry(),
    secrets: NO_SECRETS,
  });

describe("the target's configuration", () => {
  it("is brokers and a topic, over TLS unless it says otherwise", () => {
    expect(readKafkaConfig(PATH, CONFIG)).toEqual({
      brokers: [
        { host: "b-1.example.com", port: 9098 },
        { host: "b-2.example.com", port: 9099 },
      ],
      topic: "orders",
      alsoTo: [],
      maxBytes: 1_000_000,
      tls: true,
    });
  });

  it("takes an address in brackets, further topics, a limit, an authority and credentials", () => {
    const ca = { secretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:ca" };
    expect(
      readKafkaConfig(PATH, {
        ...CONFIG,
        brokers: "[::1]:9092",
        alsoTo: ["audit"],
        maxBytes: 8_000_000,
        ca,
        auth: SCRAM,
      }),
    ).toMatchObject({
      brokers: [{ host: "::1", port: 9092 }],
      alsoTo: ["audit"],
      maxBytes: 8_000_000,
      ca: { kind: "secret" },
      auth: { mechanism: "scram-sha-512", username: { kind: "parameter", name: "u" } },
    });
  });

  it.each([
    [{ ...CONFIG, kind: "sqs" }, `${PATH}.kind is "sqs": it must be one of kafka.`],
    [{ kind: "kafka", brokers: "b:9092" }, `${PATH}.topic is undefined: it must be a string that is not empty.`],
    [
      { ...CONFIG, brokers: "b-1.example.com" },
      `${PATH}.brokers is "b-1.example.com": it must be addresses host:port, separated by commas, for example "b-1.example.com:9098".`,
    ],
    [{ ...CONFIG, brokers: "me:hunter2@b:9092" }, `${PATH}.brokers is "(credentials)@b:9092": `],
    [{ ...CONFIG, brokers: "b:99999" }, `${PATH}.brokers is "b:99999"`],
    [{ ...CONFIG, brokers: "a:1,,b:2" }, `${PATH}.brokers is "a:1,,b:2"`],
    [{ ...CONFIG, maxBytes: 10 }, `${PATH}.maxBytes is 10: it must be an integer from 1000 to 50000000.`],
    [{ ...CONFIG, tls: "yes" }, `${PATH}.tls is "yes": it must be true or false.`],
    [
      { ...CONFIG, auth: { mechanism: "gssapi" } },
      `${PATH}.auth.mechanism is "gssapi": it must be one of scram-sha-512, scram-sha-256, plain, aws-msk-iam.`,
    ],
    [{ ...CONFIG, auth: { mechanism: "aws-msk-iam" } }, `${PATH}.auth.region is undefined`],
    [{ ...CONFIG, auth: { mechanism: "plain", password: SCRAM.password } }, `${PATH}.auth.username is undefined`],
    [{ ...CONFIG, acks: 1 }, `${PATH}.acks is 1: there is no such setting`],
  ])("is refused with %j, and it is said why", (config, message) => {
    expect(() => publisherOf(config)).toThrow(message);
  });
});

describe("the publisher to Kafka", () => {
  it("sends an event to its own topic, or to the target's, and only where it was deployed for", async () => {
    const publisher = publisherOf({ ...CONFIG, alsoTo: ["audit"] });
    expect(publisher.destinationOf(eventOf())).toBe("orders");
    expect(publisher.destinationOf(eventOf({ destination: "audit" }))).toBe("audit");
    expect(await publisher.publish("other", [eventOf()], systemClock.now() + 1_000)).toMatchObject([
      { failure: { code: "DestinationNotAllowed" } },
    ]);
  });

  it("takes the events of a key together, for a batch is appended whole or not at all", () => {
    expect(publisherOf(CONFIG).atomicBatches).toBe(true);
    expect(publisherOf(CONFIG).limits).toEqual({ maxEntries: 100, maxBytes: 1_000_000 });
  });

  it("asks no broker whether a topic exists: an acknowledgement proves it", () => {
    expect(publisherOf(CONFIG).existence).toBeUndefined();
  });

  it("tries each broker, and says of the last why it cannot be reached", async () => {
    const asked: number[] = [];
    const hangsUp = await socketServer((socket) => {
      asked.push(socket.localPort ?? 0);
      socket.end();
    });
    const brokers = [await closedPort(), hangsUp, await closedPort()].map((url) => new URL(url).host).join();
    const publisher = publisherOf({ ...CONFIG, brokers, tls: false });
    const failure = { class: "transient", scope: "target", code: "ECONNREFUSED" };
    expect(await publisher.publish("orders", eventsOf(2), systemClock.now() + 5_000)).toMatchObject([
      { failure },
      { failure },
    ]);
    expect(asked).toHaveLength(1);
  });

  it("answers in time for a broker that never does", async () => {
    const silent = await socketServer((socket) => socket.resume());
    const publisher = publisherOf({ ...CONFIG, brokers: new URL(silent).host, tls: false });
    expect(await publisher.publish("orders", [eventOf()], systemClock.now() + 200)).toMatchObject([
      { kind: "failed", failure: { class: "transient", scope: "target" } },
    ]);
  });

  it("fails for now where an address cannot even be tried", async () => {
    const publisher = publisherOf({ ...CONFIG, brokers: "127.0.0.1:0", tls: false });
    expect(await publisher.publish("orders", [eventOf()], systemClock.now() + 2_000)).toMatchObject([
      { failure: { class: "transient", scope: "target" } },
    ]);
  });

  it("says which secret it could not read, and connects to nobody", async () => {
    const publisher = publisherOf({ ...CONFIG, brokers: new URL(await closedPort()).host, auth: SCRAM });
    expect(await publisher.publish("orders", [eventOf()], systemClock.now() + 2_000)).toMatchObject([
      { failure: { class: "transient", scope: "target", message: "There are no secrets here" } },
    ]);
  });
});
