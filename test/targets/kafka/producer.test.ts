import { describe, expect, it } from "vitest";
import type { Cluster } from "../../../lib/targets/kafka/cluster.ts";
import type { BrokerConnection, ProduceAnswer } from "../../../lib/targets/kafka/connection.ts";
import { kafkaProducer } from "../../../lib/targets/kafka/producer.ts";
import { eventOf } from "../../aws/fixtures.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";

interface Partition {
  readonly index: number;
  readonly errorCode?: number;
  readonly baseOffset?: bigint;
}

/** What a broker says of some partitions of a topic with two. */
const produced = (partitions: readonly Partition[]) =>
  ({
    responses: [
      { name: "orders", partitionResponses: partitions.map((each) => ({ errorCode: 0, baseOffset: -1n, ...each })) },
    ],
  }) as unknown as ProduceAnswer;

function publish(partitions: readonly Partition[], keys: readonly string[]) {
  const clock = new VirtualClock();
  const connection: BrokerConnection = {
    throttledUntilMs: 0,
    isUsable: () => true,
    close: () => undefined,
    metadata: () => Promise.reject(new Error("The layout is known")),
    newProducer: async () => ({ producerId: 1n, producerEpoch: 0 }),
    produce: async () => produced(partitions),
  };
  const leader = { host: "b-1", port: 9098 };
  const cluster: Cluster = {
    layout: async () => ({ partitionCount: 2, leaders: [leader, leader] }),
    leader: async () => connection,
    anyone: async () => connection,
    forget: () => undefined,
  };
  const events = keys.map((key, index) => eventOf({ id: `e${index}`, order: { key, sequence: index + 1 } }));
  return kafkaProducer(cluster, clock).publish("orders", events, clock.now() + 10_000);
}

/** Keys of the two partitions, by Kafka's own hash. */
const FIRST = "a";
const SECOND = "d";

const receipt = (partition: number, offset: number) => ({
  kind: "acknowledged",
  receipt: { partition: String(partition), offset: String(offset) },
});

describe("the receipt of an event in Kafka", () => {
  it("is its partition and its offset: those of a batch stand one behind the other", async () => {
    const answers = [
      { index: 0, baseOffset: 40n },
      { index: 1, baseOffset: 7n },
    ];
    const results = await publish(answers, [FIRST, SECOND, FIRST, FIRST, SECOND]);
    expect(results).toEqual([receipt(0, 40), receipt(1, 7), receipt(0, 41), receipt(0, 42), receipt(1, 8)]);
  });

  it("is its partition alone where the broker does not remember the offset", async () => {
    expect(await publish([{ index: 0, baseOffset: -1n }], [FIRST])).toEqual([
      { kind: "acknowledged", receipt: { partition: "0" } },
    ]);
  });

  it("is none for numbers that the broker knew before", async () => {
    expect(await publish([{ index: 0, errorCode: 46 }], [FIRST])).toEqual([{ kind: "acknowledged", duplicate: true }]);
  });
});
