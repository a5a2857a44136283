import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { systemClock } from "../../../lib/aws/system.ts";
import { createPublisher } from "../../../lib/targets/nakadi/publisher.ts";
import { httpTransport } from "../../../lib/targets/shared/run/http/transport.ts";
import { startChildServer } from "../child-server.ts";
import { describeTarget } from "../contract.ts";
import { type OpenTarget, type ReceivedEvent, receivedJson, type TargetEngine } from "../engine.ts";
import { Journal } from "../journal.ts";
import { secretTexts } from "../secret-texts.ts";
import { TcpProxy } from "../tcp-proxy.ts";
import type { EventType } from "./nakadi-schema.ts";
import { PUBLISHED_FILE, type Published } from "./nakadi-server.ts";

describeTarget("Nakadi, partitioned by the relay", () => nakadiEngine(), { credentials: true, restart: true });

async function nakadiEngine(): Promise<TargetEngine> {
  const secret = randomBytes(16).toString("hex");
  const server = await startChildServer("nakadi/nakadi-main.ts", { client: { id: "relay", secret } });
  const proxy = await TcpProxy.start(() => ({ host: "127.0.0.1", port: server.port }));
  const url = `http://127.0.0.1:${proxy.port}`;
  let eventTypes = 0;
  return {
    createPublisher,
    proxy,
    server,
    traits: { deduplicates: false, ordered: true, missingCode: /HTTP404/ },
    async open(): Promise<OpenTarget> {
      eventTypes += 1;
      const name = `shop.contract-${eventTypes}`;
      await createEventType(server.port, { name, category: "business", partition_strategy: "user_defined" });
      const config = {
        ...{ kind: "nakadi", url, eventType: name, alsoTo: ["shop.missing"], events: "cloudevents", partitions: 4 },
        allowInsecure: true,
        auth: {
          ...{ kind: "oauth2", tokenUrl: `${url}/oauth/token`, clientId: "relay" },
          clientSecret: { parameterName: "/secret" },
        },
      };
      const wrong = randomBytes(16).toString("hex");
      return {
        config,
        secrets: secretTexts({ "/secret": secret }),
        forbidden: { config, secrets: secretTexts({ "/secret": wrong }), secret: wrong },
        missing: "shop.missing",
        received: async () =>
          new Journal<Published>(join(server.folder, PUBLISHED_FILE))
            .read()
            .flatMap(({ eventType, event }) => (eventType === name ? [receivedEvent(event)] : [])),
        close: async () => undefined,
      };
    },
    async end() {
      await proxy.close();
      await server.end();
    },
  };
}

async function createEventType(port: number, eventType: EventType): Promise<void> {
  // This needs a connection of its own: the server may close one that was kept from the test before at this very moment.
  const transport = httpTransport({ clock: systemClock, concurrency: 1, timeoutMs: 30_000 });
  const message = { headers: {}, body: JSON.stringify(eventType) };
  const answer = await transport.post(
    new URL(`http://127.0.0.1:${port}/event-types`),
    message,
    systemClock.now() + 30_000,
  );
  if (answer.kind !== "answered" || answer.status !== 201) {
    throw new Error(`The event type was not created: ${JSON.stringify(answer)}`);
  }
}

const receivedEvent = ({ metadata: _metadata, ...event }: Published["event"]): ReceivedEvent =>
  receivedJson(JSON.stringify(event));
