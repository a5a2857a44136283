import { gzipSync } from "node:zlib";
import fc from "fast-check";
import type { Item, ItemValue } from "../../lib/contract/codec/item.ts";
import { canonicalSortKey } from "../../lib/contract/sort-key.ts";

/**
 * Rows as other people's code writes them: mostly right, but now and then with an unusual part that somebody, somewhere,
 * writes. All of them can be put into a table; items that DynamoDB refuses are left out. Every reader must obey one rule: such
 * a row is delivered, or visible with a reason, and nothing throws.
 */

const S = (text: string): ItemValue => ({ S: text });
const N = (text: string): ItemValue => ({ N: text });
/** What boto3's TypeSerializer makes of None, and other libraries of a field that is not set. */
const NULL: ItemValue = { NULL: true };

/** Ids of popular libraries. Random ids over `A-Za-z0-9_-` begin with `_` once in 64. */
export const FOREIGN_IDS: readonly string[] = [
  ...[
    "V1StGXR8_Z5jdHi6B-myT",
    "-V1StGXR8Z5jdHi6B_myT",
    "_V1StGXR8_Z5jdHi6B-myT",
    "__proto__",
    "constructor",
    "toString",
  ],
  ...["01ARZ3NDEKTSV4RRFFQ69G5FAV", "1994315622531022849", "018f3c5e-7b1a-7cc3-98c4-dc0c0c07398f", "hasOwnProperty"],
  ...[
    "order#42",
    "ORDER#42#2026-01-31",
    "a/b c?d=e&f",
    "tenant:7|order:42",
    '{"json":"id"}',
    "0",
    "-1",
    "null",
    " ",
    "\t",
  ],
  ...[
    "ümläut-Ж-日本-👩‍👩‍👧",
    "\u0000nul",
    "\u2028",
    "%00",
    "x".repeat(2_000),
    "é".repeat(1_000),
    "_requeuer#default",
    "_",
  ],
];

/** Valid strings, and strings that only a fake can hold, for DynamoDB's are UTF-8. */
const unusualText = fc.constantFrom(
  ...[
    "",
    " ",
    "\u0000",
    "\ud800",
    "a\udc00b",
    "\u2028\u2029",
    '"',
    "\\",
    "\r\nX-Header: 1",
    "👩‍👩‍👧",
    "x".repeat(5_000),
  ],
);
const text = fc.oneof({ weight: 6, arbitrary: fc.string() }, { weight: 1, arbitrary: unusualText });

/** Numbers in all the notations that writers send; DynamoDB returns each in its one canonical form. */
const WRITTEN_NUMBERS = [
  ...["1", "1.0", "1E+2", "-0", "0E+5", "0", "-1", "1.5", "7", "9007199254740991", "9007199254740993"],
  ...["1764328543123456789", "1994315622531022849", "12345678901234567890123456789012345678", "0.12345678901234567890"],
  ...["-98765432109876543210.125", "1E-130", "9.99E+125", "1e21", "100000000000000000000000", "00012.500"],
];
const canonicalNumbers = WRITTEN_NUMBERS.flatMap((number) => canonicalSortKey(number) ?? []);
const number = fc.oneof(
  fc.constantFrom(...canonicalNumbers),
  fc.integer().map(String),
  fc.integer({ min: 1, max: 30 }).map(String),
);

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 20 }),
  fc.constant(Buffer.alloc(0)),
  fc.constant(gzipSync('{"zipped":true}')),
  fc.constant(gzipSync("no json")),
  fc.constant(gzipSync('{"cut":"short"}').subarray(0, 15)),
);

/** Attribute names and map keys. Names of JavaScript's own prototypes are ordinary names in other languages. */
const name = fc.oneof(
  fc.string({ minLength: 1, maxLength: 20 }),
  fc.constantFrom("__proto__", "constructor", "toString", "hasOwnProperty", "a.b", "a-b", "Ü", "S", "N", "M", "", " "),
);

/** Sets own properties of any name: `{ __proto__: x }` would set a prototype. */
const map = (value: fc.Arbitrary<ItemValue>) =>
  fc.array(fc.tuple(name, value), { maxLength: 4 }).map((entries) => ({ M: Object.fromEntries(entries) as Item }));

const scalar: fc.Arbitrary<ItemValue> = fc.oneof(
  text.map(S),
  number.map(N),
  fc.boolean().map((BOOL) => ({ BOOL })),
  fc.constant(NULL),
  bytes.map((B) => ({ B })),
  fc.constantFrom<ItemValue>(
    { SS: ["a", "b"] },
    { NS: ["1", "1.5", "100000000000000000000000"] },
    { BS: [Buffer.from("x")] },
  ),
);
export const foreignValue: fc.Arbitrary<ItemValue> = fc.letrec<{ value: ItemValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    scalar,
    map(tie("value")),
    fc.array(tie("value"), { maxLength: 3 }).map((L) => ({ L })),
  ),
})).value;

/** DynamoDB nests 32 levels deep, the attribute itself counted. */
const deepest = Array.from({ length: 31 }).reduce<ItemValue>((inner, _level, depth) => {
  return depth % 2 === 0 ? { M: { deeper: inner } } : { L: [inner] };
}, S("bottom"));

/** Data in its usual forms: a JSON string, a map, or gzip. */
const usualData: fc.Arbitrary<ItemValue> = fc.oneof(
  { weight: 6, arbitrary: fc.json().map(S) },
  { weight: 4, arbitrary: map(foreignValue) },
  { weight: 1, arbitrary: fc.constant({ B: gzipSync('{"zipped":true}') }) },
);

const UNUSUAL_DATA: readonly (ItemValue | undefined)[] = [
  ...[
    undefined,
    NULL,
    deepest,
    S(""),
    S("{"),
    S("NaN"),
    S("\ufeff{}"),
    S('{"a":1}{'),
    S('{"__proto__":{"polluted":1}}'),
  ],
  ...[S('{"a":1,"a":2}'), S(`${"[".repeat(500)}${"]".repeat(500)}`), S("12345678901234567890.5"), S("plain text")],
];

const UNUSUAL_TIMES: readonly (ItemValue | undefined)[] = [
  ...[S("2026-02-30T12:00:00Z"), S("2026-01-31T24:00:00Z"), S("2026-01-31t12:00:00z"), S("2026-06-30T23:59:60Z")],
  ...[S("2026-01-31 12:00:00"), S("2026-01-31T12:00:00"), S("Sat, 31 Jan 2026 12:00:00 GMT"), S("1764328543"), S("")],
  ...[N("1764328543"), N("1764328543123456789"), S("9999-12-31T23:59:59Z"), S("0000-01-01T00:00:00Z"), NULL, undefined],
  ...[S("2026-01-31T12:00:00+25:00"), S("2026-13-01T00:00:00Z"), S("0001-01-01T00:00:00Z"), { BOOL: true }],
];

/** What people write for a source: their host, a path, a name of their own. Not all of them are URI references. */
const UNUSUAL_SOURCES: readonly ItemValue[] = [
  ...["urn:shop:orders", "https://u:p@shop.example.com:8080/x?y#z", "//[::1]:80/x", "shop", "mailto:a@b", "//", "?"],
  ...["//host:port/x", "//a@b@c", "//a:b:c", "http://[::1", "//[1::2::3]/", "1a:b", "#a#b", "%4", "a\\b", "my shop"],
].map(S);

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN_ID = "00f067aa0ba902b7";
const UNUSUAL_TRACEPARENTS: readonly ItemValue[] = [
  ...[`00-${TRACE_ID}-${SPAN_ID}-01`, `01-${TRACE_ID}-${SPAN_ID}-00-more`, "garbage", ""],
  // What tracers that are switched off write.
  ...[`00-${"0".repeat(32)}-${"0".repeat(16)}-00`, `00-${TRACE_ID}-${"0".repeat(16)}-01`],
  ...[
    `ff-${TRACE_ID}-${SPAN_ID}-01`,
    `00-${TRACE_ID}-${SPAN_ID}-01-more`,
    `00-${TRACE_ID.toUpperCase()}-${SPAN_ID}-01`,
  ],
].map(S);

const OTHER_ATTRIBUTES: readonly (readonly [string, ItemValue])[] = [
  ...([
    ["ttl", N("1764328543")],
    ["tenantId", S("t1")],
    ["aws:rep:updatetime", N("1764328543.123")],
  ] as const),
  ...([
    ["aws:rep:deleting", { BOOL: false }],
    ["partitionkey", S("k")],
    ["sequence", S("1")],
  ] as const),
  // The relay's own marks, as copied by somebody who puts the row again.
  ...([
    ["_notBefore", N("1")],
    ["_notBefore", S("soon")],
    ["_notBefore", N("99999999999999")],
    ["_attempts", N("3")],
    ["_attempts", N("-1")],
  ] as const),
  ...([
    ["_attempts", N("1.5")],
    ["_attempts", S("x")],
    ["_attempts", N(`1${"0".repeat(120)}`)],
  ] as const),
  ...([
    ["_reason", S("{")],
    ["_reason", N("1")],
    ["_seenAt", N("-1")],
    ["_heldBy", S("act")],
  ] as const),
  // Attributes of the record of a parked key.
  ...([
    ["_ver", N("1")],
    ["ver", N("1")],
    ["owner", S("me")],
    ["leaseUntil", N("1")],
    ["notBefore", S("x")],
    ["dlqAt", N("1")],
  ] as const),
];

type Change = readonly [name: string, value: ItemValue | undefined];

const set = (name: string, ...values: readonly (ItemValue | undefined)[]): fc.Arbitrary<Change> =>
  fc
    .oneof(
      { weight: 3, arbitrary: fc.constantFrom(...values) },
      { weight: 1, arbitrary: text.map(S) },
      { weight: 1, arbitrary: foreignValue },
    )
    .map((value) => [name, value] as const);

/** One difference between a row and the contract's own examples. */
const change: fc.Arbitrary<Change> = fc.oneof(
  ...["id", "source", "type"].map((required) => set(required, undefined, NULL, S(""), N("42"))),
  ...["time", "recordedtime"].map((timed) => set(timed, ...UNUSUAL_TIMES)),
  ...[set("data", ...UNUSUAL_DATA), set("data", ...UNUSUAL_DATA), set("subject", S("order 42"), S(""), NULL)],
  set(
    "datacontenttype",
    S("application/json"),
    S("application/vnd.x+json"),
    S("text/plain"),
    S("application/xml"),
    S(""),
  ),
  ...[set("dataschema", S("https://example.com/schema")), set("specversion", S("1.0"), S("0.3"), N("1"))],
  set("destination", S("elsewhere"), S(""), S("token:T0K3N"), S("https://me:T0K3N@hooks.example.com/T0K3N")),
  ...[set("traceparent", ...UNUSUAL_TRACEPARENTS), set("source", ...UNUSUAL_SOURCES)],
  fc.tuple(fc.stringMatching(/^[a-z0-9]{1,12}$/), scalar),
  fc.tuple(
    name.filter((each) => each !== ""),
    foreignValue,
  ),
  ...[fc.constantFrom(...OTHER_ATTRIBUTES), fc.constantFrom(...OTHER_ATTRIBUTES)],
);

const sortKey = fc.oneof(
  { weight: 12, arbitrary: fc.constant("1") },
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 30 }).map(String) },
  { weight: 2, arbitrary: fc.constantFrom(...canonicalNumbers) },
);

/** A row that somebody else wrote. Its key is that of an outbox table. All other attributes may be anything. */
export const foreignRow: fc.Arbitrary<Item> = fc
  .record({
    pk: fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...FOREIGN_IDS) }, { weight: 3, arbitrary: fc.uuid() }),
    sk: sortKey,
    data: usualData,
    recorded: fc.boolean(),
    changes: fc.array(change, { maxLength: 3 }),
  })
  .map(({ pk, sk, data, recorded, changes }) => {
    const attributes = new Map<string, ItemValue | undefined>([
      ...Object.entries({
        id: S(pk),
        source: S("/shop/orders"),
        type: S("order.placed"),
        time: S("2026-01-31T12:00:00Z"),
      }),
      ...Object.entries({ data, recordedtime: recorded ? S("2025-12-31T12:00:01.5Z") : undefined }),
      ...changes,
    ]);
    const present = [...attributes].filter((entry): entry is [string, ItemValue] => entry[1] !== undefined);
    return Object.fromEntries([...present, ["pk", S(pk)], ["sk", N(sk)]]) as Item;
  });

/** As the row comes in a stream record: bytes in base64. */
export const inStream = (item: Item): Item =>
  Object.fromEntries(Object.entries(item).map(([attribute, value]) => [attribute, valueInStream(value)]));

function valueInStream(value: ItemValue): ItemValue {
  if (value.B !== undefined) return { B: Buffer.from(value.B).toString("base64") };
  if (value.BS !== undefined) return { BS: value.BS.map((each) => Buffer.from(each).toString("base64")) };
  if (value.L !== undefined) return { L: value.L.map(valueInStream) };
  return value.M === undefined ? value : { M: inStream(value.M) };
}
