import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeItem } from "../../../lib/contract/codec/decode-row.ts";
import { bytesOf, type Item } from "../../../lib/contract/codec/item.ts";
import { itemBytes, MAX_ROW_BYTES } from "../../../lib/contract/codec/item-size.ts";
import { fitted, rowOfEvent } from "../../../lib/contract/codec/row-of-event.ts";
import type { OutboxEvent } from "../../../lib/contract/event.ts";
import { itemOf } from "../../aws/fixtures.ts";
import { foreignRow } from "../../foreigners/foreign-rows.ts";

const RUNS = { numRuns: 3_000, seed: 20_261_129 };

function eventIn(item: Item): OutboxEvent | undefined {
  const decoded = decodeItem(item);
  return decoded.kind === "row" && decoded.row.content.kind === "event" ? decoded.row.content.event : undefined;
}

/** An event as its row is read, without what does not stand in the CloudEvent. */
function wholeOf(item: Item) {
  const { destination: _destination, ...event } = eventIn(item) ?? {};
  return event;
}

const rowFor = (item: Item, json = eventIn(item)?.json ?? "") =>
  rowOfEvent({ pk: item["pk"]?.S ?? "", sk: item["sk"]?.N ?? "" }, json);

function rowMadeFor(item: Item): Item {
  const made = rowFor(item);
  if (made.kind !== "row") throw new Error(made.reason);
  return made.item;
}

/** DynamoDB has no halves of surrogate pairs, and no empty key. */
const isDynamoDbs = (item: Item): boolean => item["pk"]?.S !== "" && !/\p{Surrogate}/u.test(textIn(item));
const textIn = (item: Item): string =>
  Object.values(item)
    .map(({ S = "" }) => S)
    .join();

describe("the row of an event that was read from a row", () => {
  it("is read as the same event, whatever the first row held", () => {
    let events = 0;
    fc.assert(
      fc.property(foreignRow, (item) => {
        if (eventIn(item) === undefined || !isDynamoDbs(item)) return;
        events += 1;
        expect(wholeOf(rowMadeFor(item))).toEqual(wholeOf(item));
      }),
      RUNS,
    );
    expect(events).toBeGreaterThan(RUNS.numRuns / 5);
  });

  it.each<[string, Partial<Item>]>([
    ["text data of another type", { data: { S: 'a "b",\n"data":' }, datacontenttype: { S: "text/plain" } }],
    ["JSON with digits that JavaScript rounds", { data: { S: '{ "n": 12345678901234567890.10 }' } }],
    ["a map with such digits", { data: { M: { n: { N: "12345678901234567890123456789" } } } }],
    ["bytes in a map", { data: { M: { b: { B: new Uint8Array([0, 255]) } } } }],
    ["gzip", { data: { B: gzipSync('{"a":[1,2]}') } }],
    ["no data", { data: { NULL: true } }],
    [
      "extensions of every kind",
      { a1: { S: "x" }, b2: { N: "7" }, c3: { BOOL: false }, d4: { N: "1.5" }, 5: { S: "five" } },
    ],
    ["an extension that looks like data", { x: { S: ',"data":' } }],
    ["an unordered event's own partitionkey", { partitionkey: { S: "p" }, sequence: { S: "9" } }],
    ["a trace and a subject", { traceparent: { S: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` }, subject: { S: "s" } }],
    ["half of a surrogate pair, escaped in its data", { data: { S: '"\\ud800"' } }],
  ])("keeps %s", (_what, change) => {
    const item = { ...itemOf(), ...change } as Item;
    expect(wholeOf(rowMadeFor(item))).toEqual(wholeOf(item));
  });

  it("keeps key and sequence of an ordered event, and no marks and no destination", () => {
    const item = itemOf({ order: { key: "_k\u0000", sequence: 7 }, destination: "audit" });
    const made = rowMadeFor({ ...item, _attempts: { N: "3" }, _reason: { S: "no" } });
    const { destination: _destination, ...expected } = item;
    expect(made).toEqual({ ...expected, datacontenttype: { S: "application/json" } });
  });

  it.each<[string, string]>([
    ["not JSON", "{"],
    ["a list", "[1]"],
    ["no event", '{"id":"e1"}'],
    ["data in another place", '{"specversion":"1.0","id":"e1","data" : 1}'],
    ["an object as an attribute", eventIn(itemOf())?.json.replace('"shop"', '{"a":1}') ?? ""],
    ["null as an attribute", eventIn(itemOf())?.json.replace('"order.placed"', "null") ?? ""],
    ["more behind it", `${eventIn(itemOf())?.json}x`],
    ["two payloads", eventIn(itemOf())?.json.replace(/\}\}$/, '},"data":2}') ?? ""],
    ["an attribute of the relay's", eventIn(itemOf())?.json.replace('"source"', '"_attempts":"3","source"') ?? ""],
    ["half of a surrogate pair", eventIn(itemOf())?.json.replace("shop", "\\ud800") ?? ""],
    ...['{"toString":null}', "{}", "[7]", "7", "true", "null"].map((data): [string, string] => [
      `data that is not text although its type says so: ${data}`,
      eventIn(itemOf({ data: "x", datacontenttype: "text/plain" }))?.json.replace('"data":"x"', `"data":${data}`) ?? "",
    ]),
    ["a number that is none", eventIn(itemOf())?.json.replace('"source"', '"n":1e999,"source"') ?? ""],
  ])("is not made of %s", (_what, json) => {
    expect(rowFor(itemOf(), json)).toMatchObject({ kind: "unreadable", reason: expect.stringMatching(/./) });
  });

  it.each([
    ["a key without characters", { pk: "", sk: "1" }],
    ["a key that DynamoDB does not take", { pk: "x".repeat(2_049), sk: "1" }],
    ["a place that is none", { pk: "k", sk: "1.5" }],
    ["the place of a parked key", { pk: "k", sk: "0" }],
    ["a requeuer's lease", { pk: "_requeuer#orders", sk: "0" }],
  ])("is not put at %s", (_what, key) => {
    expect(rowOfEvent(key, eventIn(itemOf())?.json ?? "").kind).toBe("unreadable");
  });
});

describe("the size of a row", () => {
  it("is made smaller only where DynamoDB would not take it", () => {
    const small = itemOf({ data: "x".repeat(300_000) });
    expect(fitted(small)).toBe(small);
    const large = itemOf({ data: "x".repeat(500_000) });
    const made = fitted(large) ?? {};
    expect(itemBytes(made)).toBeLessThan(MAX_ROW_BYTES);
    expect(gunzipSync(bytesOf(made["data"]?.B ?? "")).toString()).toBe(large["data"]?.S);
    expect(wholeOf(made)).toEqual(wholeOf(large));
  });

  it("is too large where gzip does not help, or there is no data", () => {
    const hashes = Array.from({ length: 16_000 }, (_unused, index) => createHash("sha256").update(`${index}`).digest());
    const random = Buffer.concat(hashes).toString("base64");
    expect(fitted(itemOf({ data: random, datacontenttype: "text/plain" }))).toBeUndefined();
    expect(fitted(itemOf({ data: undefined, subject: "x".repeat(500_000) }))).toBeUndefined();
  });
});
