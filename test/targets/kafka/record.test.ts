import { NumericMap, produceV9 } from "@platformatic/kafka";
import { describe, expect, it } from "vitest";
import type { NewEvent } from "../../../lib/contract/codec/encode-row.ts";
import { bytesOf, partitionOf, recordOf } from "../../../lib/targets/kafka/record.ts";
import { eventOf } from "../../aws/fixtures.ts";

const texts = (headers: ReadonlyMap<Buffer, Buffer> | undefined) =>
  Object.fromEntries([...(headers ?? [])].map(([name, value]) => [String(name), String(value)]));

describe("a Kafka record", () => {
  it("has the attributes as headers, the content type beside them, and the payload as it is", () => {
    const event = eventOf({
      order: { key: "order#42", sequence: 3 },
      data: { total: 7 },
      extensions: { urgent: true },
    });
    const { topic, partition, key, value, headers } = recordOf(event, "orders", 5);
    expect({ topic, partition, key: String(key), value: String(value) }).toEqual({
      topic: "orders",
      partition: 5,
      key: "order#42",
      value: '{"total":7}',
    });
    expect(texts(headers)).toMatchObject({
      ce_specversion: "1.0",
      ce_id: "e1",
      ce_source: "shop",
      ce_type: "order.placed",
      ce_partitionkey: "order#42",
      ce_sequence: "3",
      ce_urgent: "true",
      "content-type": "application/json",
    });
    expect(texts(headers)).not.toHaveProperty("ce_datacontenttype");
  });

  it("has no key where the event is unordered, and an empty value where it has no data", () => {
    const { key, value, headers } = recordOf(eventOf({ data: undefined }), "orders", 0);
    expect(key).toBeUndefined();
    expect(value).toEqual(Buffer.alloc(0));
    expect(texts(headers)).not.toHaveProperty("content-type");
  });

  const big: readonly Partial<NewEvent>[] = [
    {},
    { data: undefined },
    { data: "ü€🙂".repeat(500), datacontenttype: "text/plain" },
    { order: { key: "ключ".repeat(60), sequence: 2_000_000_000 } },
    {
      subject: "s".repeat(9_000),
      dataschema: "https://example.com/schema",
      traceparent: `00-${"4".repeat(32)}-${"0".repeat(15)}1-01`,
    },
    { extensions: Object.fromEntries(Array.from({ length: 20 }, (_unused, index) => [`x${index}`, index])) },
    { extensions: Object.fromEntries(Array.from({ length: 500 }, (_unused, index) => [`x${index}`, "v".repeat(200)])) },
    { extensions: Object.fromEntries(Array.from({ length: 500 }, (_unused, index) => [`y${index}`, index])) },
    { extensions: Object.fromEntries(Array.from({ length: 8 }, (_unused, index) => [`x${index}`, "v".repeat(9_000)])) },
  ];
  it.each(big)("takes no more bytes than are counted for it: %#", (change) => {
    const event = eventOf(change);
    const request = (count: number) =>
      produceV9.createRequest(
        -1,
        0,
        Array.from({ length: count }, () => recordOf(event, "orders", 0)),
        {
          producerId: 1n,
          producerEpoch: 0,
          sequences: new NumericMap([["orders:0", 0]]),
        },
      ).length;
    expect(request(2) - request(1)).toBeLessThanOrEqual(bytesOf(event));
  });
});

describe("the partition of an event", () => {
  // The hashes are those of Kafka's own test of its default partitioner:
  // https://github.com/apache/kafka/blob/trunk/clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java
  it.each([
    ["21", -973932308],
    ["foobar", -790332482],
    ["a-little-bit-long-string", -985981536],
    ["a-little-bit-longer-string", -1486304829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
  ])("with the key %s is the one of Kafka's own clients", (key, hash) => {
    expect(partitionOf(eventOf({ order: { key, sequence: 1 } }), 12)).toBe((hash & 0x7fffffff) % 12);
  });

  it("without a key goes by the id, evenly, and the same each time", () => {
    const counts = Array(4).fill(0);
    for (let index = 0; index < 4_000; index += 1) {
      const event = eventOf({ id: `e${index}` });
      const partition = partitionOf(event, 4);
      expect(partitionOf(event, 4)).toBe(partition);
      counts[partition] += 1;
    }
    for (const count of counts) expect(count).toBeGreaterThan(800);
  });
});
