import type { Clock } from "../../core/ports.ts";
import { within } from "../shared/run/call-deadline.ts";
import { type BrokerConnection, openConnection } from "./connection.ts";
import { BrokerRefusal, isAuthenticationFailure } from "./failures.ts";
import type { Security } from "./security.ts";
import type { BrokerAddress, KafkaConfig } from "./settings.ts";

/** The brokers, and which of them leads what. Connections are made when needed, kept, and replaced when lost. */
export interface Cluster {
  /** Rejects with BrokerRefusal when the brokers do not know the topic or do not show it. */
  layout(topic: string, deadline: AbortSignal): Promise<TopicLayout>;
  /** A connection to the partition's leader. Rejects when there is no leader now, or it cannot be reached. */
  leader(layout: TopicLayout, partition: number, deadline: AbortSignal): Promise<BrokerConnection>;
  /** A connection to any broker. */
  anyone(deadline: AbortSignal): Promise<BrokerConnection>;
  /** The layout proved wrong: the next call asks for a new one. */
  forget(topic: string): void;
}

export interface TopicLayout {
  readonly partitionCount: number;
  /** The address of each partition's leader; undefined while there is none. */
  readonly leaders: readonly (BrokerAddress | undefined)[];
}

/** As in Kafka's own clients (`metadata.max.age.ms`), for a topic may be given more partitions. */
const LAYOUT_MAX_AGE_MS = 5 * 60_000;

export interface ClusterParts {
  readonly brokers: KafkaConfig["brokers"];
  readonly security: Security;
  readonly clock: Clock;
  readonly concurrency: number;
}

export function cluster({ brokers, ...parts }: ClusterParts): Cluster {
  const { clock, security } = parts;
  const connections = new Map<string, Promise<BrokerConnection>>();
  const layouts = new Map<string, { readonly layout: Promise<TopicLayout>; readonly readAtMs: number }>();
  /** All brokers that ever were in the cluster, the configured ones first. */
  let known: readonly BrokerAddress[] = brokers;
  /** Where the next search for any broker begins: not with one that did not answer. */
  let preferred = 0;

  async function connectionTo(broker: BrokerAddress, deadline: AbortSignal): Promise<BrokerConnection> {
    const address = addressOf(broker);
    const existing = connections.get(address);
    if (existing !== undefined) {
      const connection = await within(deadline, existing);
      if (connection.isUsable()) return connection;
      connection.close();
      // Another call may have replaced the connection meanwhile.
      if (connections.get(address) === existing) connections.delete(address);
      return connectionTo(broker, deadline);
    }
    const opening = openConnection(broker, parts);
    connections.set(address, opening);
    opening.catch((error) => {
      if (connections.get(address) === opening) connections.delete(address);
      if (isAuthenticationFailure(error)) security.refused();
    });
    return within(deadline, opening);
  }

  async function anyone(deadline: AbortSignal): Promise<BrokerConnection> {
    const candidates = known;
    let failure: unknown = new Error("No broker was asked in time");
    for (let tried = 0; tried < candidates.length && !deadline.aborted; tried += 1) {
      const broker = candidates[preferred % candidates.length];
      try {
        if (broker !== undefined) return await connectionTo(broker, deadline);
      } catch (error) {
        failure = error;
        // The others would refuse the credentials as well, and some lock an account for it.
        if (isAuthenticationFailure(error)) break;
        preferred += 1;
      }
    }
    throw failure;
  }

  async function readLayout(topic: string, deadline: AbortSignal): Promise<TopicLayout> {
    const connection = await anyone(deadline);
    const answer = await connection.metadata(topic, deadline);
    const members = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
    const addresses = new Map([...brokers, ...members.values()].map((broker) => [addressOf(broker), broker]));
    known = [...addresses.values()];
    const found = answer.topics.find(({ name }) => name === topic);
    if (found === undefined || found.errorCode !== 0 || found.partitions.length === 0) {
      const code = found?.errorCode ?? "UNKNOWN_TOPIC_OR_PARTITION";
      throw new BrokerRefusal(
        code === 0 ? "LEADER_NOT_AVAILABLE" : code,
        `The brokers do not offer the topic ${topic}`,
      );
    }
    const leaders: (BrokerAddress | undefined)[] = [];
    for (const { partitionIndex, leaderId } of found.partitions) leaders[partitionIndex] = members.get(leaderId);
    return { partitionCount: found.partitions.length, leaders };
  }

  return {
    anyone,
    async layout(topic, deadline) {
      const kept = layouts.get(topic);
      if (kept !== undefined && clock.now() - kept.readAtMs < LAYOUT_MAX_AGE_MS) return within(deadline, kept.layout);
      const entry = { layout: readLayout(topic, deadline), readAtMs: clock.now() };
      layouts.set(topic, entry);
      entry.layout.catch(() => {
        if (layouts.get(topic) === entry) layouts.delete(topic);
      });
      return entry.layout;
    },
    async leader({ leaders }, partition, deadline) {
      const broker = leaders[partition];
      if (broker === undefined) {
        throw new BrokerRefusal("LEADER_NOT_AVAILABLE", `Partition ${partition} has no leader now`);
      }
      return connectionTo(broker, deadline);
    },
    forget: (topic) => void layouts.delete(topic),
  };
}

const addressOf = ({ host, port }: BrokerAddress): string => `${host}:${port}`;
