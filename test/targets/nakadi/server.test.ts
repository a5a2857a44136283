import { describe, expect, it } from "vitest";
import { type EventType, violation } from "../../servers/nakadi/nakadi-schema.ts";

/** The stand-in must refuse what Nakadi refuses, or the publisher's tests would prove nothing. */
describe("Nakadi's schema, as the test server has it", () => {
  const BUSINESS: EventType = { name: "shop.order", category: "business" };
  const DATA: EventType = { name: "shop.order", category: "data" };
  const METADATA = { eid: "018f3e5a-0000-7000-8000-000000000001", occurred_at: "2026-01-01T00:00:00.000Z" };

  it("takes a business event and a data-change event as described", () => {
    expect(violation({ metadata: METADATA, total: 1 }, BUSINESS)).toBeUndefined();
    const context = { event_type: "shop.order", flow_id: "f", partition: "0", span_ctx: { a: "b" } };
    expect(violation({ metadata: { ...METADATA, ...context } }, BUSINESS)).toBeUndefined();
    expect(violation({ metadata: METADATA, data_type: "t", data_op: "C", data: {} }, DATA)).toBeUndefined();
  });

  it.each([
    [{}, "[metadata] not found"],
    [{ metadata: { occurred_at: METADATA.occurred_at } }, "[eid] not found"],
    [{ metadata: { eid: METADATA.eid } }, "[occurred_at] not found"],
    [{ metadata: { ...METADATA, eid: "e1" } }, "#/metadata/eid: string [e1]"],
    [{ metadata: { ...METADATA, occurred_at: "yesterday" } }, "#/metadata/occurred_at"],
    [{ metadata: { ...METADATA, event_type: "shop.other" } }, "not a valid enum value"],
    [{ metadata: { ...METADATA, received_at: METADATA.occurred_at } }, "extraneous key [received_at]"],
    [{ metadata: { ...METADATA, partition_keys: ["1"] } }, "extraneous key [partition_keys]"],
    [{ metadata: { ...METADATA, partition_compaction_key: "1" } }, "extraneous key [partition_compaction_key]"],
    [{ metadata: { ...METADATA, partition: 0 } }, "#/metadata/partition: expected type: String"],
    [{ metadata: { ...METADATA, span_ctx: { a: 1 } } }, "#/metadata/span_ctx"],
  ])("refuses %j", (event, reason) => {
    expect(violation(event, BUSINESS)).toContain(reason);
  });

  it.each([
    [{ data_op: "C", data: {} }, "[data_type] not found"],
    [{ data_type: "t", data_op: "X", data: {} }, "#/data_op"],
    [{ data_type: "t", data_op: "C", data: 1 }, "#/data: expected type: JSONObject"],
    [{ data_type: "t", data_op: "C", data: {}, total: 1 }, "extraneous key [total]"],
  ])("refuses a data change %j", (event, reason) => {
    expect(violation({ metadata: METADATA, ...event }, DATA)).toContain(reason);
  });
});
