import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { createPublisher } from "../../../lib/targets/nats/publisher.ts";
import { describeTarget } from "../contract.ts";
import { type OpenTarget, type ReceivedEvent, receivedJson, type TargetEngine } from "../engine.ts";
import { describeMissing } from "../real-server.ts";
import { secretTexts } from "../secret-texts.ts";
import { TcpProxy } from "../tcp-proxy.ts";
import { hasNats, type NatsServer, natsUsers, startNatsServer } from "./nats-server.ts";

const NAME = "a JetStream stream";
const { OUTBOX_RELAY_NATS_URL: givenUrl } = process.env;

if (givenUrl !== undefined) describeTarget(NAME, () => natsEngine(givenServer(new URL(givenUrl))));
else if (await hasNats()) {
  describeTarget(NAME, async () => natsEngine(await ownServer()), { credentials: true, restart: true });
} else describeMissing(NAME, "install nats-server, or name one in OUTBOX_RELAY_NATS_URL");

interface Reachable extends Partial<NatsServer> {
  readonly host?: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

async function ownServer(): Promise<Reachable> {
  const { password, setting } = natsUsers();
  return { ...(await startNatsServer([setting])), username: "relay", password };
}

const givenServer = ({ hostname, port, username, password }: URL): Reachable => ({
  host: hostname,
  port: Number(port || 4222),
  username: decodeURIComponent(username),
  password: decodeURIComponent(password),
});

const WRONG_PASSWORD = "a password that is wrong";

async function natsEngine(server: Reachable): Promise<TargetEngine> {
  const { host = "127.0.0.1", port, username, password, start, kill } = server;
  const proxy = await TcpProxy.start(() => ({ host, port }));
  const admin = () => connect({ servers: `${host}:${port}`, user: username, pass: password });
  const secrets = secretTexts({ username, password, wrong: WRONG_PASSWORD });
  let streams = 0;
  return {
    createPublisher,
    proxy,
    traits: { deduplicates: true, ordered: true, missingCode: /NoResponders/ },
    ...(start === undefined || kill === undefined ? {} : { server: { start, kill } }),
    async open(): Promise<OpenTarget> {
      streams += 1;
      const stream = `CONTRACT_${process.pid}_${streams}`;
      await withConnection(admin, async (connection) => {
        const manager = await jetstreamManager(connection);
        await manager.streams.add({ name: stream, subjects: [`${stream}.>`] });
      });
      const missing = `nowhere.${stream}`;
      const config = {
        kind: "nats",
        servers: [`nats://127.0.0.1:${proxy.port}`],
        username: { parameterName: "username" },
        password: { parameterName: "password" },
        subject: `${stream}.events`,
        alsoTo: [missing],
      };
      return {
        config,
        secrets,
        forbidden: { config: { ...config, password: { parameterName: "wrong" } }, secrets, secret: WRONG_PASSWORD },
        missing,
        received: () => withConnection(admin, (connection) => everything(connection, stream)),
        close: () =>
          withConnection(admin, async (connection) => {
            const manager = await jetstreamManager(connection);
            await manager.streams.delete(stream);
          }),
      };
    },
    async end() {
      await proxy.close();
      await server.end?.();
    },
  };
}

async function withConnection<Value>(
  open: () => Promise<NatsConnection>,
  work: (connection: NatsConnection) => Promise<Value>,
): Promise<Value> {
  const connection = await open();
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

/** Reads a stream from its first message to its last. */
async function everything(connection: NatsConnection, stream: string): Promise<readonly ReceivedEvent[]> {
  const manager = await jetstreamManager(connection);
  const { messages } = (await manager.streams.info(stream)).state;
  if (messages === 0) return [];
  const consumer = await manager.jetstream().consumers.get(stream);
  const events: ReceivedEvent[] = [];
  for await (const message of await consumer.fetch({ max_messages: messages, expires: 30_000 })) {
    const dedupId = message.headers?.get("Nats-Msg-Id");
    events.push({ ...receivedJson(message.string()), ...(dedupId === undefined ? {} : { dedupId }) });
    if (events.length === messages) break;
  }
  return events;
}
