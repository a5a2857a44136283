import { CloudEvent, HTTP } from "cloudevents";
import isOfficial from "cloudevents/dist/schema/v1.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventInput } from "../../lib/client/index.ts";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import type { Item } from "../../lib/contract/codec/item.ts";
import { messageOf } from "../../lib/targets/http/messages.ts";
import { createOutbox, NOW, wireOf } from "../client/fixtures.ts";

const RUNS = { numRuns: 10_000, seed: 20_260_131 };

/** Pieces of which some strings are URIs, and many are almost. */
const uriPiece = fc.constantFrom(
  ...[
    "a",
    "Z9",
    "/",
    "//",
    ":",
    "@",
    "?",
    "#",
    "%41",
    "%4",
    "[::1]",
    "[1:2]",
    "]",
    "http:",
    "urn:",
    "é",
    " ",
    '"',
    "^",
    "\\",
  ],
);
const uri = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.array(uriPiece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join("")),
  fc.string({ minLength: 1 }),
);
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", " ", "order\n42", "\u0000", "\ufdd0"),
);
const two = (most: number) => fc.integer({ min: 0, max: most }).map((value) => String(value).padStart(2, "0"));
const time = fc.oneof(
  fc.date({ min: new Date(0), max: new Date(NOW), noInvalidDate: true }).map((date) => date.toISOString()),
  fc
    .tuple(two(13), two(32), two(25), two(61), two(61), fc.constantFrom("Z", "z", "+01:00", "-23:59", "+24:00", ""))
    .map(([month, day, hour, minute, second, zone]) => `2024-${month}-${day}T${hour}:${minute}:${second}${zone}`),
);
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 1 });
const mostly = <Value>(usual: Value, unusual: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: unusual });

const input: fc.Arbitrary<Record<string, unknown>> = fc.record({
  id: mostly("e1", text),
  type: mostly("order.placed", text),
  source: mostly("/shop", uri),
  subject: optional(text),
  dataschema: optional(uri),
  time: optional(time),
  data: fc.jsonValue(),
  extensions: optional(
    fc.dictionary(
      fc.oneof(fc.stringMatching(/^[a-z0-9]{1,8}$/), fc.constantFrom("Tenant", "a-b", "schemaurl", "tenant")),
      fc.oneof(text, fc.integer(), fc.double(), fc.boolean()),
      { maxKeys: 2 },
    ),
  ),
});

const writes = async (event: object) => {
  try {
    return await createOutbox().entry(event as EventInput);
  } catch (error) {
    expect(error).toMatchObject({ name: "InvalidEventError" });
    return undefined;
  }
};

function sdkTakes(event: object): boolean {
  try {
    return new CloudEvent(event).validate() && isOfficial(event);
  } catch {
    return false;
  }
}

/** RFC 3339 allows a leap second in every zone; the validator of the SDK takes it at 23:59 of the event's own zone alone. */
const isLeapSecond = (event: object): boolean => "time" in event && /:60/.test(String(event.time));

describe("the writer, beside the CloudEvents SDK and the official schema", () => {
  it("refuses what they refuse", async () => {
    const counts = { written: 0, refusedByBoth: 0 };
    await fc.assert(
      fc.asyncProperty(input, async (event) => {
        const entry = await writes(event);
        if (entry !== undefined) {
          counts.written += 1;
          const wire = wireOf(entry);
          expect(sdkTakes(wire) || isLeapSecond(wire), JSON.stringify(wire)).toBe(true);
          return;
        }
        const { extensions = {}, ...fields } = event;
        if (!sdkTakes({ ...fields, specversion: "1.0", ...(extensions as object) })) counts.refusedByBoth += 1;
      }),
      RUNS,
    );
    expect(counts.written).toBeGreaterThan(RUNS.numRuns / 10);
    expect(counts.refusedByBoth).toBeGreaterThan(RUNS.numRuns / 10);
  });

  it.each<[what: string, attributes: Record<string, string>]>([
    ["a source with a space", { source: "the shop" }],
    ["a source with a broken escape", { source: "/100%" }],
    ["a dataschema without a scheme", { dataschema: "order.json" }],
    ["an empty subject", { subject: "" }],
    ["30 February", { time: "2024-02-30T12:00:00Z" }],
    ["24 o'clock", { time: "2024-01-31T24:00:00Z" }],
    ["a month that is none", { time: "2024-13-01T12:00:00Z" }],
  ])(
    "refuses %s, as they do; the relay carries it from others, or parks it with a reason",
    async (_what, attributes) => {
      const event = { id: "e1", type: "t", source: "/s", ...attributes };
      expect(sdkTakes({ specversion: "1.0", ...event })).toBe(false);
      expect(await writes(event)).toBeUndefined();
      const texts = Object.entries({ time: "2024-01-31T12:00:00Z", ...event }).map(([name, value]) => [
        name,
        { S: value },
      ]);
      const decoded = decodeItem({ pk: { S: "e1" }, sk: { N: "1" }, ...Object.fromEntries(texts) } as Item);
      const { content } = decoded.kind === "row" ? decoded.row : expect.unreachable();
      if (content.kind === "event") expect(content.event.nonconformities).toHaveLength(1);
      else expect(content.row.reason).toMatch(/^(subject is empty|time is "2024-13)/);
    },
  );
});

describe("a receiver with the CloudEvents SDK", () => {
  const written = async (event: Partial<EventInput>) => {
    const entry = await createOutbox().entry({ type: "t", id: "e1", ...event } as EventInput);
    const decoded = decodeItem(entry.Put?.Item as Item);
    const { content } = decoded.kind === "row" ? decoded.row : expect.unreachable();
    return content.kind === "event" ? content.event : expect.unreachable();
  };
  const ordered = { data: { total: 99 }, order: { key: "order#42", sequence: 7 }, extensions: { tenant: "t 1" } };
  const expected = {
    id: "e1",
    type: "t",
    source: "/shop",
    partitionkey: "order#42",
    sequence: "7",
    data: { total: 99 },
  };

  it("reads the calls of an http target, one event or a batch", async () => {
    const event = await written(ordered);
    expect(HTTP.toEvent(messageOf("structured", [event]))).toMatchObject({ ...expected, tenant: "t 1" });
    expect(HTTP.toEvent(messageOf("batch", [event, event]))).toMatchObject([expected, expected]);
    const { tenant: _percentEncoded, ...binary } = HTTP.toEvent(messageOf("binary", [event])) as CloudEvent<unknown>;
    expect(binary).toMatchObject({ ...expected, partitionkey: expect.stringMatching(/^order#42$/) });
  });

  it("reads text that is not JSON", async () => {
    const event = await written({ data: "a;b\n1;2", datacontenttype: "text/csv" });
    expect(HTTP.toEvent(messageOf("structured", [event]))).toMatchObject({
      data: "a;b\n1;2",
      datacontenttype: "text/csv",
    });
  });
});
