import { Admin, Connection, fetchV17 } from "@platformatic/kafka";
import { isJsonContentType } from "../../../lib/contract/codec/content-type.ts";
import { eventually } from "../../setup/eventually.ts";
import type { ReceivedEvent } from "../engine.ts";

/** A record as a consumer reads it. */
export interface ReadRecord {
  readonly partition: number;
  readonly timestamp: bigint;
  readonly key: string | null;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

const READ_UNCOMMITTED = 0;
const FETCH_BYTES = 50_000_000;

/** Reads a whole topic from the listener behind the proxy: each partition in its order, and all of them by time. */
export async function readTopic(port: number, topic: string): Promise<readonly ReadRecord[]> {
  const admin = new Admin({ clientId: "reader", bootstrapBrokers: [`127.0.0.1:${port}`] });
  const connection = new Connection("reader");
  try {
    const { topics } = await admin.metadata({ topics: [topic] });
    const { id: topicId = "", partitionsCount = 0 } = topics.get(topic) ?? {};
    if (partitionsCount === 0) throw new Error(`There is no topic ${topic}`);
    await connection.connect("127.0.0.1", port);
    const read: ReadRecord[] = [];
    for (let partition = 0; partition < partitionsCount; partition += 1) {
      read.push(...(await readPartition(connection, topicId, partition)));
    }
    return read.toSorted((one, other) => Number(one.timestamp - other.timestamp));
  } finally {
    await connection.close();
    await admin.close();
  }
}

/** The broker offers a new topic a moment after it was made, and each partition at its own time. */
export async function untilOffered(port: number, topic: string): Promise<void> {
  let refusal: unknown;
  await eventually(
    `each partition of ${topic} is offered`,
    async () => {
      try {
        await readTopic(port, topic);
        return true;
      } catch (error) {
        refusal = error;
        return false;
      }
    },
    () => String(refusal),
  );
}

async function readPartition(connection: Connection, topicId: string, partition: number) {
  const read: ReadRecord[] = [];
  for (let fetchOffset = 0n; ; ) {
    const from = {
      partition,
      fetchOffset,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
      partitionMaxBytes: FETCH_BYTES,
    };
    const topics = [{ topicId, partitions: [from] }];
    const answer = await fetchV17.api.async(connection, 0, 0, FETCH_BYTES, READ_UNCOMMITTED, 0, -1, topics, [], "");
    const [part] = answer.responses.flatMap(({ partitions }) => partitions);
    for (const batch of part?.records ?? []) {
      for (const { key, value, headers, timestampDelta } of batch.records) {
        read.push({
          partition,
          timestamp: batch.firstTimestamp + timestampDelta,
          key: key === null ? null : String(key),
          value: String(value),
          headers: Object.fromEntries(headers.map(([name, text]) => [String(name), String(text)])),
        });
      }
      fetchOffset = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
    }
    if (part === undefined || fetchOffset >= part.highWatermark) return read;
  }
}

/** A record of CloudEvents' Kafka binding in binary mode, as a consumer parses it. */
export function cloudEvent({ value, headers }: ReadRecord): ReceivedEvent {
  const { "content-type": type, ...others } = headers;
  const attributes = Object.entries(others).map(([name, text]) => [name.replace(/^ce_/, ""), text]);
  return {
    attributes: Object.fromEntries([...attributes, ...(type === undefined ? [] : [["datacontenttype", type]])]),
    data: type === undefined ? undefined : isJsonContentType(type) ? JSON.parse(value) : value,
  };
}
