import {
  AclOperations,
  AclPermissionTypes,
  Admin,
  ClientQuotaEntityTypes,
  ClientQuotaKeys,
  ResourcePatternTypes,
  ResourceTypes,
} from "@platformatic/kafka";
import { untilOffered } from "./reader.ts";
import type { KafkaServer } from "./server.ts";
import { LOGIN } from "./settings.ts";

let made = 0;

/** A person with every permission, who uses the listener behind the proxy. */
export function kafkaAdmin({ ports }: Pick<KafkaServer, "ports">) {
  const admin = new Admin({ clientId: "admin", bootstrapBrokers: [`127.0.0.1:${ports.direct}`] });
  const entities = [{ entityType: ClientQuotaEntityTypes.USER, entityName: LOGIN.username }];
  const key = ClientQuotaKeys.PRODUCER_BYTE_RATE;
  return {
    /** Makes a topic of a new name, and waits until the broker offers it. */
    async createTopic(partitions: number, configs: Readonly<Record<string, string>> = {}): Promise<string> {
      made += 1;
      const topic = `topic-${made}`;
      const settings = Object.entries(configs).map(([name, value]) => ({ name, value }));
      await admin.createTopics({ topics: [topic], partitions, replicas: 1, configs: settings });
      await untilOffered(ports.direct, topic);
      return topic;
    },
    deleteTopic: (topic: string) => admin.deleteTopics({ topics: [topic] }),
    forbidWriting: (topic: string) =>
      admin.createAcls({
        creations: [
          {
            resourceType: ResourceTypes.TOPIC,
            resourceName: topic,
            resourcePatternType: ResourcePatternTypes.LITERAL,
            principal: `User:${LOGIN.username}`,
            host: "*",
            operation: AclOperations.WRITE,
            permissionType: AclPermissionTypes.DENY,
          },
        ],
      }),
    limitBytesPerSecond: (value: number) =>
      admin.alterClientQuotas({ entries: [{ entities, ops: [{ key, value, remove: false }] }] }),
    unlimit: () => admin.alterClientQuotas({ entries: [{ entities, ops: [{ key, remove: true }] }] }),
    close: async () => admin.close(),
  };
}
