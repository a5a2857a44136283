import { Admin } from "@platformatic/kafka";
import { createPublisher } from "../../../lib/targets/kafka/publisher.ts";
import type { OpenTarget, TargetEngine } from "../engine.ts";
import { secretTexts } from "../secret-texts.ts";
import { cloudEvent, readTopic, untilOffered } from "./reader.ts";
import type { KafkaServer } from "./server.ts";
import { LOGIN } from "./settings.ts";

const PARTITIONS = 4;
const MISSING = "no-such-topic";
const WRONG_PASSWORD = "not-the-password-7d1f";

export const passwordAuth = (mechanism: string) => ({
  mechanism,
  username: { parameterName: "username" },
  password: { parameterName: "password" },
});

export function kafkaEngine(server: KafkaServer): TargetEngine {
  const { proxy, ports } = server;
  const admin = new Admin({ clientId: "contract", bootstrapBrokers: [`127.0.0.1:${ports.direct}`] });
  let topics = 0;
  return {
    createPublisher,
    traits: { deduplicates: false, ordered: true, missingCode: /UNKNOWN_TOPIC_OR_PARTITION/ },
    proxy,
    server,
    async open(): Promise<OpenTarget> {
      topics += 1;
      const topic = `contract-${topics}`;
      await admin.createTopics({ topics: [topic], partitions: PARTITIONS, replicas: 1 });
      await untilOffered(ports.direct, topic);
      const config = {
        kind: "kafka",
        brokers: `127.0.0.1:${proxy.port}`,
        topic,
        alsoTo: [MISSING],
        tls: false,
        auth: passwordAuth("scram-sha-512"),
      };
      return {
        config,
        secrets: secretTexts(LOGIN),
        forbidden: {
          config,
          secrets: secretTexts({ ...LOGIN, password: WRONG_PASSWORD }),
          secret: WRONG_PASSWORD,
        },
        missing: MISSING,
        received: async () => (await readTopic(ports.direct, topic)).map(cloudEvent),
        close: async () => admin.deleteTopics({ topics: [topic] }),
      };
    },
    end: async () => admin.close(),
  };
}
