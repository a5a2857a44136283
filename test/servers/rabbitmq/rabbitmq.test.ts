import { type ChannelModel, connect, type GetMessage } from "amqplib";
import { isJsonContentType } from "../../../lib/contract/codec/content-type.ts";
import { createPublisher } from "../../../lib/targets/rabbitmq/publisher.ts";
import { describeTarget } from "../contract.ts";
import type { OpenTarget, ReceivedEvent, TargetEngine } from "../engine.ts";
import { describeMissing } from "../real-server.ts";
import { secretTexts } from "../secret-texts.ts";
import { TcpProxy } from "../tcp-proxy.ts";
import { hasRabbit, type RabbitServer, startRabbitServer } from "./rabbitmq-server.ts";

type Destination = "queue" | "exchange";
const NAMES: Readonly<Record<Destination, string>> = {
  queue: "a RabbitMQ queue",
  exchange: "a RabbitMQ exchange",
};
const { OUTBOX_RELAY_RABBITMQ_URL: givenUrl } = process.env;
const isThere = givenUrl !== undefined || (await hasRabbit());

for (const destination of ["queue", "exchange"] as const) {
  const name = NAMES[destination];
  if (!isThere) describeMissing(name, "install rabbitmq-server, or name one in OUTBOX_RELAY_RABBITMQ_URL");
  else if (givenUrl !== undefined) {
    describeTarget(name, () => rabbitEngine(givenServer(new URL(givenUrl)), destination));
  } else {
    const applicable = { credentials: true, restart: true };
    describeTarget(name, async () => rabbitEngine(await startRabbitServer(), destination), applicable);
  }
}

type Reachable = Pick<RabbitServer, "port" | "username" | "password"> & {
  readonly host?: string;
} & Partial<RabbitServer>;

const givenServer = ({ hostname, port, username, password }: URL): Reachable => ({
  host: hostname,
  port: Number(port || 5672),
  username: decodeURIComponent(username || "guest"),
  password: decodeURIComponent(password || "guest"),
});

const WRONG_PASSWORD = "a password that is wrong";

async function rabbitEngine(server: Reachable, destination: Destination): Promise<TargetEngine> {
  const { host: hostname = "127.0.0.1", port, username, password, start, kill } = server;
  const proxy = await TcpProxy.start(() => ({ host: hostname, port }));
  const admin = () => connect({ hostname, port, username, password });
  const secrets = secretTexts({ username, password, wrong: WRONG_PASSWORD });
  let opened = 0;
  return {
    createPublisher,
    proxy,
    traits: {
      deduplicates: false,
      ordered: true,
      missingCode: destination === "queue" ? /Unroutable/ : /NotFound/,
    },
    ...(start === undefined || kill === undefined ? {} : { server: { start, kill } }),
    async open(): Promise<OpenTarget> {
      opened += 1;
      const name = `contract-${process.pid}-${opened}`;
      await withChannel(admin, async (channel) => {
        await channel.assertQueue(name, { durable: true });
        if (destination === "queue") return;
        await channel.assertExchange(name, "topic", { durable: true });
        await channel.bindQueue(name, name, "order.*");
      });
      const missing = `${name}-missing`;
      const config = {
        kind: "rabbitmq",
        url: `amqp://127.0.0.1:${proxy.port}`,
        [destination]: name,
        alsoTo: [missing],
        username: { parameterName: "username" },
        password: { parameterName: "password" },
      };
      const received: ReceivedEvent[] = [];
      return {
        config,
        secrets,
        forbidden: { config: { ...config, password: { parameterName: "wrong" } }, secrets, secret: WRONG_PASSWORD },
        missing,
        async received() {
          received.push(...(await withChannel(admin, (channel) => drained(channel, name))));
          return received;
        },
        close: () =>
          withChannel(admin, async (channel) => {
            await channel.deleteQueue(name);
            if (destination === "exchange") await channel.deleteExchange(name);
          }),
      };
    },
    async end() {
      await proxy.close();
      await server.end?.();
    },
  };
}

type Channel = Awaited<ReturnType<ChannelModel["createChannel"]>>;

async function withChannel<Value>(
  open: () => Promise<ChannelModel>,
  work: (channel: Channel) => Promise<Value>,
): Promise<Value> {
  const connection = await open();
  try {
    return await work(await connection.createChannel());
  } finally {
    await connection.close();
  }
}

/** Takes all messages out of a queue. */
async function drained(channel: Channel, queue: string): Promise<readonly ReceivedEvent[]> {
  const events: ReceivedEvent[] = [];
  for (;;) {
    const message = await channel.get(queue, { noAck: true });
    if (message === false) return events;
    events.push(eventOf(message));
  }
}

function eventOf({ content, properties }: GetMessage): ReceivedEvent {
  const { contentType, headers = {} } = properties;
  const attributes: Record<string, string> = contentType === undefined ? {} : { datacontenttype: contentType };
  for (const [name, value] of Object.entries(headers)) attributes[name.replace(/^cloudEvents:/, "")] = String(value);
  if (contentType === undefined) return { attributes, data: undefined };
  const text = content.toString();
  return { attributes, data: isJsonContentType(contentType) ? JSON.parse(text) : text };
}
