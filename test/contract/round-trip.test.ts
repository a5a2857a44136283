import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventInput } from "../../lib/client/index.ts";
import { hasOnlyAllowed } from "../../lib/contract/codec/conformance.ts";
import type { Item, ItemValue } from "../../lib/contract/codec/item.ts";
import { createOutbox, NOW, wireOf } from "../client/fixtures.ts";

/** Each run of the tests has another seed. To replay a failure, set OUTBOX_SEED to the seed that it prints. */
const seed = Number(process.env["OUTBOX_SEED"] ?? Date.now() % 2 ** 31);
const RUNS = 10_000;

const schemaFile = new URL("../../schema/outbox-item.schema.json", import.meta.url);
const isValid = new Ajv2020().compile(JSON.parse(readFileSync(schemaFile, "utf8")));

/** Any string that CloudEvents allows. Other characters are refused, which bad-input.test.ts tests. */
const text = fc.string({ minLength: 1, unit: "binary" }).filter(hasOnlyAllowed);
const source = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  text.map((value) => `/${encodeURIComponent(value)}`),
);
const key = text.filter((value) => !value.startsWith("_") && Buffer.byteLength(value) <= 2_048);
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const name = fc
  .string({ minLength: 1, maxLength: 20, unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789") })
  .filter((value) => !TAKEN.has(value));
const TAKEN = new Set([
  ...["pk", "sk", "id", "source", "type", "time", "data", "destination", "specversion", "subject", "datacontenttype"],
  ...["dataschema", "traceparent", "tracestate", "recordedtime", "dataref", "partitionkey", "sequence"],
]);
const number = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.constantFrom(0, 1.5, -2.25, 2 ** 31, 0.1));

const common = {
  id: key,
  type: text,
  source,
  subject: optional(text),
  time: optional(fc.date({ min: new Date(0), max: new Date(NOW), noInvalidDate: true })),
  order: optional(fc.record({ key, sequence: fc.integer({ min: 1, max: 999_999_999 }) })),
  dataschema: optional(fc.webUrl()),
  destination: optional(text),
  extensions: optional(fc.dictionary(name, fc.oneof(text, number, fc.boolean()), { maxKeys: 4 })),
};
const event: fc.Arbitrary<EventInput> = fc
  .oneof(
    fc.record({ ...common, data: optional(fc.jsonValue({ stringUnit: "binary" })) }),
    fc.record({
      ...common,
      data: fc.string({ unit: "binary" }),
      datacontenttype: fc.constantFrom("text/plain", "text/csv; header=present"),
    }),
  )
  .filter(({ id, order }) => order?.key !== id);

/** A value as CloudEvents can express it: 32-bit integers stay numbers, other numbers become strings. */
const onTheWire = (value: string | number | boolean) =>
  typeof value === "number" && value !== (value | 0) ? String(value) : value === 0 ? 0 : value;

function expectedOf(input: EventInput): object {
  const {
    order,
    destination: _notOnTheWire,
    data,
    datacontenttype = "application/json",
    time,
    extensions,
    ...texts
  } = input;
  const said = Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined));
  return {
    specversion: "1.0",
    ...said,
    time:
      (time ?? (new Date(NOW) as Date | string)) instanceof Date
        ? ((time ?? new Date(NOW)) as Date).toISOString()
        : time,
    recordedtime: new Date(NOW).toISOString(),
    ...Object.fromEntries(Object.entries(extensions ?? {}).map(([each, value]) => [each, onTheWire(value)])),
    ...(order === undefined ? {} : { partitionkey: order.key, sequence: String(order.sequence) }),
    // Through JSON, which has no -0.
    ...(data === undefined ? {} : { datacontenttype, data: JSON.parse(JSON.stringify(data)) }),
  };
}

/** The event that a consumer would write again from what it received. */
function inputOf(wire: Readonly<Record<string, unknown>>): EventInput {
  const { specversion: _always, recordedtime: _now, partitionkey, sequence, ...rest } = wire;
  const own = Object.entries(rest).filter(([each]) => TAKEN.has(each));
  const extensions = Object.entries(rest).filter(([each]) => !TAKEN.has(each));
  return {
    ...Object.fromEntries(own),
    ...(sequence === undefined ? {} : { order: { key: partitionkey, sequence: Number(sequence) } }),
    extensions: Object.fromEntries(extensions),
  } as EventInput;
}

/** Whether it pays to zip depends on what else is in the row. */
const textOf = ({ S, B }: ItemValue): ItemValue => ({
  S: B === undefined ? S : gunzipSync(B as Uint8Array).toString("utf8"),
});

/** What a row keeps over the wire: all but the destination, with numbers as CloudEvents can express them. */
function keptOf(row: Item): Item {
  const { destination: _notOnTheWire, datacontenttype, data, ...rest } = row;
  const kept = Object.entries(rest).map(([each, value]) => {
    const wide = value.N !== undefined && each !== "sk" && Number(value.N) !== (Number(value.N) | 0);
    return [each, wide ? { S: value.N } : value];
  });
  // On the wire the format is given if there is data, and only then.
  const format =
    data === undefined ? {} : { text: textOf(data), datacontenttype: datacontenttype ?? { S: "application/json" } };
  return { ...Object.fromEntries(kept), ...format };
}

describe("an event of any kind", () => {
  it("becomes a row of the contract, the row becomes the event again, and the event the row", async () => {
    await fc.assert(
      fc.asyncProperty(event, fc.boolean(), async (input, gzip) => {
        const outbox = createOutbox({ gzip });
        const entry = await outbox.entry(input);
        const wire = wireOf(entry);
        expect(wire).toEqual(expectedOf(input));
        const again = await outbox.entry(inputOf(wire));
        expect(keptOf((again.Put?.Item ?? {}) as Item)).toEqual(keptOf((entry.Put?.Item ?? {}) as Item));
        const item = JSON.parse(
          JSON.stringify(entry.Put?.Item, (_name, value) =>
            value?.type === "Buffer" ? Buffer.from(value.data).toString("base64") : value,
          ),
        );
        expect(isValid(item), JSON.stringify(isValid.errors)).toBe(true);
      }),
      { numRuns: RUNS, seed },
    );
  });
});
