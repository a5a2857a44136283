import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeItem } from "../../../lib/contract/codec/decode-row.ts";
import { encodeItem } from "../../../lib/contract/codec/encode-row.ts";
import type { Item, ItemValue } from "../../../lib/contract/codec/item.ts";
import { MAX_INFLATED_BYTES } from "../../../lib/contract/item-contract.ts";

const ROW: Item = {
  pk: { S: "e1" },
  sk: { N: "1" },
  id: { S: "e1" },
  source: { S: "shop" },
  type: { S: "order.placed" },
  time: { S: "2026-01-31T12:00:00Z" },
  data: { S: '{"total":1}' },
};

function contentOf(item: Item) {
  const decoded = decodeItem(item);
  if (decoded.kind === "reserved") throw new Error("reserved");
  return decoded.row.content;
}
function eventOf(item: Item) {
  const content = contentOf(item);
  if (content.kind !== "event") throw new Error(content.row.reason);
  return content.event;
}
const wireOf = (item: Item): Readonly<Record<string, unknown>> => JSON.parse(eventOf(item).json);
function reasonOf(item: Item): string {
  const content = contentOf(item);
  return content.kind === "malformed" ? content.row.reason : "well formed";
}

describe("a row of the outbox table", () => {
  it("is a CloudEvent in structured mode", () => {
    expect(wireOf(ROW)).toEqual({
      specversion: "1.0",
      id: "e1",
      source: "shop",
      type: "order.placed",
      time: "2026-01-31T12:00:00Z",
      datacontenttype: "application/json",
      data: { total: 1 },
    });
  });

  it("passes JSON text through untouched", () => {
    const text = '{ "amount": 12345678901234567890.10, "a":1 }';
    expect(eventOf({ ...ROW, data: { S: text } }).json).toContain(`"data":${text}}`);
  });

  it("carries every attribute it has a name for", () => {
    const texts = {
      subject: "order/1",
      dataschema: "https://schemas.example/order",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      tracestate: "a=b",
      recordedtime: "2026-01-31T12:00:01Z",
    };
    const item = { ...ROW, ...Object.fromEntries(Object.entries(texts).map(([name, S]) => [name, { S }])) };
    expect(wireOf(item)).toMatchObject(texts);
    expect(eventOf(item)).toMatchObject({
      recordedAtMs: Date.parse("2026-01-31T12:00:01Z"),
      traceparent: texts.traceparent,
    });
  });

  it("keeps the destination and the relay's marks off the wire", () => {
    const item = {
      ...ROW,
      destination: { S: "other" },
      _notBefore: { N: "5" },
      _reason: { S: "r" },
      _x: { SS: ["y"] },
    };
    expect(wireOf(item)).not.toHaveProperty("destination");
    expect(Object.keys(wireOf(item)).filter((name) => name.startsWith("_"))).toEqual([]);
    expect(eventOf(item).destination).toBe("other");
  });

  it("is ordered when its key is not its id, and then carries partitionkey and sequence", () => {
    const item = { ...ROW, pk: { S: "order#1" }, sk: { N: "7" } };
    expect(wireOf(item)).toMatchObject({ partitionkey: "order#1", sequence: "7" });
    expect(eventOf(item).orderingKey).toBe("order#1");
    expect(eventOf(ROW).orderingKey).toBeUndefined();
  });

  it("carries extensions; a number beyond 32 bits travels as a string", () => {
    const item = {
      ...ROW,
      tenant: { S: "t" },
      retry: { N: "3" },
      vip: { BOOL: true },
      big: { N: "2147483648" },
      frac: { N: "1.5" },
    };
    expect(wireOf(item)).toMatchObject({ tenant: "t", retry: 3, vip: true, big: "2147483648", frac: "1.5" });
  });

  it("reads data as a map without rounding its numbers", () => {
    const data: ItemValue = {
      M: {
        text: { S: 'a"b' },
        exact: { N: "12345678901234567890.123" },
        yes: { BOOL: true },
        none: { NULL: true },
        list: { L: [{ N: "1" }, { S: "x" }, { M: {} }] },
        set: { SS: ["a", "b"] },
        numbers: { NS: ["1", "2"] },
        bytes: { B: new Uint8Array([1, 2, 3]) },
      },
    };
    const { json } = eventOf({ ...ROW, data });
    expect(json).toContain('"exact":12345678901234567890.123');
    expect(JSON.parse(json).data).toMatchObject({
      text: 'a"b',
      yes: true,
      none: null,
      list: [1, "x", {}],
      set: ["a", "b"],
      numbers: [1, 2],
      bytes: "AQID",
    });
  });

  it("reads data as gzip, as bytes and as a stream record's base64", () => {
    const zipped = gzipSync('{"total":2}');
    expect(wireOf({ ...ROW, data: { B: zipped } })["data"]).toEqual({ total: 2 });
    expect(wireOf({ ...ROW, data: { B: zipped.toString("base64") } })["data"]).toEqual({ total: 2 });
  });

  it("reads data as plain text where the content type is not JSON", () => {
    const item = { ...ROW, datacontenttype: { S: "text/csv" }, data: { S: 'a,"b"\n' } };
    expect(wireOf(item)).toMatchObject({ datacontenttype: "text/csv", data: 'a,"b"\n' });
  });

  it("treats a NULL as absent", () => {
    expect(wireOf({ ...ROW, subject: { NULL: true }, data: { NULL: true } })).not.toHaveProperty("data");
  });

  it.each([
    [
      "sk 0, a parked-key record",
      { pk: { S: "order#42" }, sk: { N: "0" }, _ver: { N: "3" }, reason: { S: "refused" } },
    ],
    ["sk 0 of a key that begins with _", { pk: { S: "_tenant" }, sk: { N: "0" }, _ver: { N: "3" } }],
    ["a lease", { pk: { S: "_requeuer#orders" }, sk: { N: "0" }, owner: { S: "run" }, leaseUntil: { N: "1" } }],
    ["the place of a lease, whatever stands there", { ...ROW, pk: { S: "_requeuer#orders" }, sk: { N: "0" } }],
  ])("is nobody's event at %s", (_case, item) => {
    expect(decodeItem(item)).toEqual({ kind: "reserved" });
  });

  it.each(["_V1StGXR8_Z5jdHi6B-myT", "_", "__proto__", "_requeuer", "_requeuer#orders"])(
    "is an event under the id %s",
    (id) => {
      const decoded = decodeItem({ ...ROW, pk: { S: id }, id: { S: id } });
      expect(decoded).toMatchObject({ kind: "row", row: { content: { kind: "event", event: { id } } } });
    },
  );

  it.each<[string, Item, RegExp]>([
    ["an event at sk 0", { ...ROW, sk: { N: "0" } }, /^sk is 0: it must be an integer from 1 up/],
    ["a negative sk", { ...ROW, sk: { N: "-1" } }, /^sk is -1: it must be an integer from 1 up/],
    ["a sk of nanoseconds", { ...ROW, sk: { N: "1764328543123456789" } }, /^sk is 1764328543123456789: it must be/],
    ["a sk that rounds to a sequence", { ...ROW, sk: { N: "9007199254740993" } }, /^sk is 9007199254740993/],
    [
      "a requeuer's ordering key",
      { ...ROW, pk: { S: "_requeuer#a" } },
      /^pk is "_requeuer#a": an ordering key must not/,
    ],
    ["only an id at sk 0", { pk: { S: "order#42" }, sk: { N: "0" }, id: { S: "e1" } }, /^sk is 0/],
    ["a fractional sk", { ...ROW, sk: { N: "1.5" } }, /^sk is 1.5/],
    ["no id", without("id"), /^id is absent/],
    ["no source", without("source"), /^source is absent/],
    ["no type", without("type"), /^type is absent/],
    ["no time", without("time"), /^time is absent/],
    ["an empty id", { ...ROW, id: { S: "" } }, /^id is empty/],
    ["a numeric id", { ...ROW, id: { N: "1" } }, /^id has type N: it must be a string/],
    ["a time in words", { ...ROW, time: { S: "yesterday" } }, /^time is "yesterday": it must be an RFC 3339 time/],
    ["an impossible time", { ...ROW, time: { S: "2026-13-41T99:00:00Z" } }, /^time is/],
    ["another specversion", { ...ROW, specversion: { S: "0.3" } }, /^specversion is "0.3"/],
    ["data that is not JSON", { ...ROW, data: { S: "{oops" } }, /^data is not JSON text/],
    ["data of a wrong type", { ...ROW, data: { BOOL: true } }, /^data has type BOOL/],
    ["bytes that are not gzip", { ...ROW, data: { B: new Uint8Array([1, 2]) } }, /^data \(B\) is not gzip/],
    [
      "gzip of no text",
      { ...ROW, data: { B: gzipSync(Buffer.from([0xff, 0xfe])) } },
      /^data \(B\) is not gzip of UTF-8/,
    ],
    ["a gzip bomb", { ...ROW, data: { B: gzipSync(Buffer.alloc(MAX_INFLATED_BYTES + 1)) } }, /^data unfolds to more/],
    ["a map that claims to be csv", { ...ROW, datacontenttype: { S: "text/csv" }, data: { M: {} } }, /^data is a map/],
    ["an attribute name in capitals", { ...ROW, Tenant: { S: "t" } }, /^the attribute "Tenant" is not allowed/],
    ["an extension that is a list", { ...ROW, tenant: { L: [] } }, /^the attribute tenant has type L/],
    [
      "an ordered event with its own sequence",
      { ...ROW, pk: { S: "k" }, sequence: { S: "9" } },
      /^the attribute sequence/,
    ],
  ])("is malformed with %s", (_case, item, reason) => {
    expect(reasonOf(item)).toMatch(reason);
  });

  it("shows no payload in a reason", () => {
    expect(reasonOf({ ...ROW, time: { S: "x".repeat(5_000) } }).length).toBeLessThan(200);
  });

  it("keeps the whole item of a malformed row for the people who repair it", () => {
    const content = contentOf({ ...ROW, data: { B: new Uint8Array([1, 2]) } });
    expect(content.kind === "malformed" && JSON.parse(content.row.json)).toMatchObject({
      id: { S: "e1" },
      data: { B: "AQI=" },
    });
  });

  it("never throws, whatever the attributes are", () => {
    const value: fc.Arbitrary<ItemValue> = fc.oneof(
      fc.record({ S: fc.string() }),
      fc.record({ N: fc.oneof(fc.integer().map(String), fc.string()) }),
      fc.record({ B: fc.oneof(fc.uint8Array(), fc.string()) }),
      fc.record({ BOOL: fc.boolean() }),
      fc.record({ NULL: fc.boolean() }),
      fc.constant({}),
      fc.record({ M: fc.dictionary(fc.string(), fc.record({ S: fc.string() })) }),
      fc.record({ L: fc.array(fc.record({ N: fc.string() })) }),
    );
    const names = fc.oneof(fc.constantFrom(...Object.keys(ROW), "recordedtime", "datacontenttype"), fc.string());
    fc.assert(
      fc.property(fc.dictionary(names, value), (attributes) => {
        const { kind } = decodeItem({ ...ROW, ...attributes, pk: { S: "e1" }, sk: { N: "1" } });
        return kind === "row";
      }),
      { numRuns: 2_000, seed: 7 },
    );
  });

  it("comes back from the encoder as it was written, plain and gzipped", () => {
    const json = fc.jsonValue().filter((value) => value !== undefined);
    fc.assert(
      fc.property(fc.uuid(), json, fc.boolean(), fc.option(fc.integer({ min: 1 })), (id, data, gzip, sequence) => {
        const time = "2026-01-01T00:00:00Z";
        const order = sequence === null ? {} : { order: { key: "k", sequence } };
        const item = encodeItem({ id, source: "s", type: "t", time, recordedtime: time, data, ...order }, { gzip });
        const wire = wireOf(item);
        expect(wire["id"]).toBe(id);
        expect(wire["data"]).toEqual(JSON.parse(JSON.stringify(data)));
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});

function without(name: string): Item {
  return Object.fromEntries(Object.entries(ROW).filter(([key]) => key !== name));
}
