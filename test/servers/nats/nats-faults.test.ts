import { rm } from "node:fs/promises";
import { DiscardPolicy, type JetStreamManager, jetstreamManager, type StreamConfig } from "@nats-io/jetstream";
import { connect, type NatsConnection, nkeys } from "@nats-io/transport-node";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { OutboxEvent } from "../../../lib/contract/event.ts";
import { controlLineBytes } from "../../../lib/targets/nats/message.ts";
import { createPublisher } from "../../../lib/targets/nats/publisher.ts";
import { eventOf } from "../../aws/fixtures.ts";
import { type CertificateFiles, certificateIn } from "../certificate.ts";
import { startDeafProxy } from "../deaf-proxy.ts";
import { ACKNOWLEDGED, failure, publishing } from "../publishing.ts";
import { describeMissing, serverFolder } from "../real-server.ts";
import { secretTexts } from "../secret-texts.ts";
import { hasNats, type NatsServer, natsUsers, startNatsServer } from "./nats-server.ts";

const NAME = "a JetStream in trouble";
if (!(await hasNats())) describeMissing(NAME, "install nats-server");
else {
  describe(`publishing to ${NAME}`, trouble);
  describe("showing JetStream who the relay is", credentials);
}

function trouble() {
  const users = natsUsers();
  let server: NatsServer;
  let admin: NatsConnection;
  let manager: JetStreamManager;
  let number = 0;
  let stream: string;

  beforeAll(async () => {
    server = await startNatsServer([users.setting]);
    admin = await connect({ port: server.port, user: "relay", pass: users.password });
    manager = await jetstreamManager(admin);
  });
  afterAll(async () => {
    await admin?.close();
    await server?.end();
  });
  beforeEach(() => {
    number += 1;
    stream = `STREAM_${number}`;
  });

  const addStream = (change: Partial<StreamConfig> = {}) =>
    manager.streams.add({ name: stream, subjects: [`${stream}.>`], ...change });
  const publisher = (change: object = {}, texts: Readonly<Record<string, string>> = {}) => {
    const config = {
      kind: "nats",
      servers: [`nats://127.0.0.1:${server.port}`],
      subject: `${stream}.events`,
      username: { parameterName: "username" },
      password: { parameterName: "password" },
      ...change,
    };
    return publishing(createPublisher, config, secretTexts({ username: "relay", password: users.password, ...texts }));
  };
  const typed = (...types: readonly string[]) => types.map((type, index) => eventOf({ id: `e${index}`, type }));

  it("acknowledges what a stream took, and tells what none takes in the same call as the event's own fault", async () => {
    await addStream({ subjects: [`${stream}.order.*`] });
    const publish = publisher({ subject: `${stream}.{type}` });
    const untaken = failure("permanent", "event", "NoResponders");
    const results = await publish(typed("order.placed", "bill.paid", "order.sent"));
    expect(results).toMatchObject([ACKNOWLEDGED, untaken, ACKNOWLEDGED]);
    expect(await publish(typed("bill.paid", "bill.sent"))).toMatchObject(
      Array(2).fill(failure("permanent", "target", "NoResponders")),
    );
  });

  it("refuses an event whose parts make no subject", async () => {
    await addStream();
    const results = await publisher({ subject: `${stream}.{type}` })(typed("order..placed", "order.placed"));
    expect(results).toMatchObject([failure("permanent", "event", "InvalidSubject"), ACKNOWLEDGED]);
  });

  it("tells that its user may not publish there", async () => {
    await addStream();
    const publish = publisher({}, { username: "reader", password: users.readerPassword });
    expect(await publish([eventOf()])).toMatchObject([failure("permanent", "target", "PermissionViolation")]);
  });

  it("slows down for a stream that is full and discards what is new", async () => {
    await addStream({ max_msgs: 1, discard: DiscardPolicy.New });
    const results = await publisher()(typed("one", "two"));
    expect(results).toMatchObject([ACKNOWLEDGED, failure("throttled", "target", "JetStream10077")]);
  });

  it("refuses an event that is larger than the stream takes, and passes on the others", async () => {
    await addStream({ max_msg_size: 1_000 });
    const large = eventOf({ id: "large", data: "x".repeat(1_000) });
    const results = await publisher()([large, eventOf({ id: "small" })]);
    expect(results).toMatchObject([failure("permanent", "event", "JetStream10054"), ACKNOWLEDGED]);
  });

  it("refuses an event that is larger than the server takes, and passes on the others", async () => {
    await addStream();
    const large = eventOf({ id: "large", data: "x".repeat(1_100_000) });
    const results = await publisher({ maxPayloadBytes: 2_000_000 })([large, eventOf({ id: "small" })]);
    expect(results).toMatchObject([failure("permanent", "event", "Unsendable"), ACKNOWLEDGED]);
  });

  it("refuses an event whose subject needs a longer line than the server reads, and passes on the others", async () => {
    await addStream();
    const publish = publisher({ subject: `${stream}.{key}` });
    const keyed = (id: string, length: number) => eventOf({ id, order: { key: "k".repeat(length), sequence: 1 } });
    const subject = ({ orderingKey = "" }: OutboxEvent) => `${stream}.${orderingKey}`;
    const line = (event: OutboxEvent) => controlLineBytes(subject(event), event, {});
    const longest = keyed("e0", 4_000 + 4_096 - line(keyed("e0", 4_000)));
    expect(line(longest)).toBe(4_096);
    // A dot of a key is three characters of the subject.
    const dots = eventOf({ id: "dots", order: { key: ".".repeat(1_350), sequence: 1 } });
    const over = keyed("e1", (longest.orderingKey ?? "").length + 1);
    const results = await publish([dots, longest, over, keyed("e2", 1)]);
    const refused = failure("permanent", "event", "SubjectTooLong");
    expect(results).toMatchObject([refused, ACKNOWLEDGED, refused, ACKNOWLEDGED]);
    expect((await manager.streams.info(stream)).state.messages).toBe(2);
  });

  it("tells of an event that the stream had already, and dropped", async () => {
    await addStream();
    const publish = publisher();
    expect(await publish(typed("one"))).toMatchObject([ACKNOWLEDGED]);
    const again = await publish([...typed("one"), eventOf({ id: "new" })]);
    expect(again).toMatchObject([{ kind: "acknowledged", duplicate: true }, ACKNOWLEDGED]);
  });

  it("tells that another stream took the subject", async () => {
    await addStream();
    const publish = publisher({ stream: "ANOTHER" });
    expect(await publish([eventOf()])).toMatchObject([failure("permanent", "target", "JetStream10060")]);
    expect(await publisher({ stream })([eventOf()])).toMatchObject([ACKNOWLEDGED]);
  });

  it("does not take somebody else's answer for an acknowledgement", async () => {
    const somebody = admin.subscribe(`${stream}.events`, {
      callback: (_error, message) => void message.respond("+OK"),
    });
    await admin.flush();
    const results = await publisher()([eventOf()]);
    expect(results).toMatchObject([failure("ambiguous", "target", "NoAcknowledgement")]);
    somebody.unsubscribe();
  });

  it("leaves a connection on which no answer came in time", async () => {
    await addStream();
    const deaf = await startDeafProxy(server.port);
    const publish = publisher({ servers: [`nats://127.0.0.1:${deaf.port}`] });
    expect(await publish([eventOf({ id: "warm" })])).toMatchObject([ACKNOWLEDGED]);
    deaf.deafen();
    expect(await publish([eventOf({ id: "lost" })], 500)).toMatchObject([failure("ambiguous", "target", "AckTimeout")]);
    expect(await publish([eventOf({ id: "next" })])).toMatchObject([ACKNOWLEDGED]);
    await deaf.close();
  });

  it("reads credentials anew that were refused", async () => {
    await addStream();
    const kept = new Map([["password", "an old one"]]);
    const texts = secretTexts({ username: "relay", password: users.password });
    const config = {
      kind: "nats",
      servers: [`nats://127.0.0.1:${server.port}`],
      subject: `${stream}.events`,
      username: { parameterName: "username" },
      password: { parameterName: "password" },
    };
    const publish = publishing(createPublisher, config, {
      read: async (ref) => (ref.kind === "parameter" ? kept.get(ref.name) : undefined) ?? texts.read(ref),
      forget: (ref) => void (ref.kind === "parameter" && kept.delete(ref.name)),
    });
    expect(await publish([eventOf()])).toMatchObject([failure("permanent", "target", "AuthorizationViolation")]);
    expect(await publish([eventOf()])).toMatchObject([ACKNOWLEDGED]);
  });
}

function credentials() {
  let certificate: CertificateFiles;
  let folder: string;
  beforeAll(async () => {
    folder = await serverFolder();
    // The client takes a server with a numeric address for localhost.
    certificate = await certificateIn(folder, "DNS:localhost");
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Publishes one event to a server of these settings. Its JetStream has no stream, which only a logged-in user learns. */
  async function published(
    settings: readonly string[],
    config: object,
    texts: Readonly<Record<string, string>>,
    scheme: "nats" | "tls" = "nats",
  ) {
    const server = await startNatsServer(settings);
    try {
      const servers = [`${scheme}://127.0.0.1:${server.port}`];
      const whole = { kind: "nats", servers, subject: "nowhere", ...config };
      return await publishing(createPublisher, whole, secretTexts(texts))([eventOf()]);
    } finally {
      await server.end();
    }
  }
  const known = [failure("permanent", "target", "NoResponders")];
  const unknown = [failure("permanent", "target", "AuthorizationViolation")];

  it("by a token", async () => {
    const settings = ['authorization { token: "right" }'];
    const config = { token: { parameterName: "token" } };
    expect(await published(settings, config, { token: "right" })).toMatchObject(known);
    expect(await published(settings, config, { token: "wrong" })).toMatchObject(unknown);
  });

  it("by an nkey", async () => {
    const [pair, other] = [nkeys.createUser(), nkeys.createUser()];
    const settings = [`authorization { users = [ { nkey: ${pair.getPublicKey()} } ] }`];
    const config = { nkeySeed: { parameterName: "seed" } };
    expect(await published(settings, config, { seed: `${Buffer.from(pair.getSeed())}\n` })).toMatchObject(known);
    expect(await published(settings, config, { seed: String(Buffer.from(other.getSeed())) })).toMatchObject(unknown);
  });

  it("by TLS with a server whose certificate it is told to trust, and with no other", async () => {
    const settings = [`tls { cert_file: "${certificate.certificateFile}", key_file: "${certificate.keyFile}" }`];
    const texts = { ca: certificate.ca };
    expect(await published(settings, { ca: { parameterName: "ca" } }, texts, "tls")).toMatchObject(known);
    expect(await published(settings, {}, texts, "tls")).toMatchObject([
      failure("permanent", "target", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
    ]);
    expect(await published([], {}, texts, "tls")).toMatchObject([failure("permanent", "target", "NoTls")]);
  });
}
