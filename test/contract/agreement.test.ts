import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventInput } from "../../lib/client/index.ts";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import { type Item, type ItemValue, itemJson } from "../../lib/contract/codec/item.ts";
import type { OutboxEvent } from "../../lib/contract/event.ts";
import { createOutbox, wireOf } from "../client/fixtures.ts";
import { foreignRow, inStream } from "../foreigners/foreign-rows.ts";

const RUNS = { numRuns: 20_000, seed: 20_260_131 };

const schemaFile = new URL("../../schema/outbox-item.schema.json", import.meta.url);
const isValid = new Ajv2020().compile(JSON.parse(readFileSync(schemaFile, "utf8")));

/** What the relay makes of a row. */
type Verdict =
  | { readonly kind: "conforms" | "carried"; readonly event: OutboxEvent }
  | { readonly kind: "malformed"; readonly reason: string }
  | { readonly kind: "reserved" };

function verdictOf(item: Item): Verdict {
  const decoded = decodeItem(item);
  if (decoded.kind === "reserved") return { kind: "reserved" };
  const { content } = decoded.row;
  if (content.kind === "malformed") return { kind: "malformed", reason: content.row.reason };
  return { kind: content.event.nonconformities === undefined ? "conforms" : "carried", event: content.event };
}

/** Reasons that need more than a pattern: the schema's description and those of its parts name them. */
const BEYOND_THE_SCHEMA =
  /^(data (is not JSON text|\(B\) is not gzip|unfolds|is a map)|the attribute (partitionkey|sequence) is not allowed on|pk is "_requeuer#)/;
const LEAP_DAY_OR_SECOND = /-02-29|:60/;
const IP_ADDRESS = /\/\/\S*\[[\da-f:.]+\]/i;

/** DynamoDB's strings are UTF-8, and have no half of a surrogate pair. Another program's notes are no writer's. */
const isWritable = (item: Item): boolean =>
  !/\\ud[89a-f]/.test(JSON.stringify(item)) && !Object.keys(item).some((name) => name.startsWith("aws:rep:"));

const FIELDS = ["id", "source", "type", "time", "subject", "dataschema", "datacontenttype", "destination"] as const;
const CONTEXT = ["traceparent", "tracestate"] as const;
const NOT_FOR_INPUT = new Set<string>(["pk", "sk", "data", "specversion", "recordedtime", ...FIELDS, ...CONTEXT]);

/** The event that a user of the writer would give to have this row. */
function inputOf(item: Item, { pk, sk, orderingKey, json }: OutboxEvent): EventInput {
  const texts = [...FIELDS, ...CONTEXT].map((name) => [name, item[name]?.S]);
  const extensions = Object.entries(item).flatMap(([name, value]) =>
    NOT_FOR_INPUT.has(name) || name.startsWith("_") || value.NULL === true ? [] : [[name, nativeOf(value)]],
  );
  return {
    ...Object.fromEntries(texts),
    ...(orderingKey === undefined ? {} : { order: { key: pk, sequence: Number(sk) } }),
    data: JSON.parse(json).data,
    extensions: Object.fromEntries(extensions),
  } as EventInput;
}

const nativeOf = ({ S, N, BOOL }: ItemValue) => S ?? (N === undefined ? BOOL : nativeNumber(N));

/** A fraction of more digits than JavaScript's numbers have is given as a string: as such it travels too. */
const nativeNumber = (text: string): number | string =>
  Number.isInteger(Number(text)) || String(Number(text)) === text ? Number(text) : text;

/**
 * Where the writer is stricter on purpose: mistakes that make a good row, values that JavaScript or JSON cannot hold
 * as they are, what the writer sets itself, and a key that its grant denies.
 */
const STRICTER_ON_PURPOSE =
  /looks like a timestamp|ahead of this machine's clock|must not begin with _requeuer#|does not survive as a number|levels deep|half of a surrogate pair|JSON cannot hold|extensions\.(dataref|schemaurl) /;

const written = (input: EventInput) =>
  createOutbox()
    .entry(input)
    .then(
      (entry) => ({ kind: "written", wire: wireOf(entry) }) as const,
      (error: Error) => ({ kind: "refused", error }) as const,
    );

const row = foreignRow.filter(isWritable);

describe("schema, relay and writer agree on a row:", () => {
  it("the schema takes what the relay takes for a good event, and nothing else", () => {
    const counts = { conforms: 0, carried: 0, malformed: 0, reserved: 0 };
    fc.assert(
      fc.property(row, (item) => {
        const verdict = verdictOf(item);
        counts[verdict.kind] += 1;
        const shown = `${JSON.stringify(verdict)} of ${itemJson(item)}`;
        if (isValid(inStream(item))) {
          const beyond =
            verdict.kind === "malformed"
              ? BEYOND_THE_SCHEMA.test(verdict.reason)
              : verdict.kind === "carried" &&
                (LEAP_DAY_OR_SECOND.test(`${item["time"]?.S} ${item["recordedtime"]?.S}`) ||
                  IP_ADDRESS.test(`${item["source"]?.S} ${item["dataschema"]?.S}`));
          expect(verdict.kind === "conforms" || beyond, shown).toBe(true);
        } else {
          expect(verdict.kind, shown).not.toBe("conforms");
        }
      }),
      RUNS,
    );
    for (const count of [counts.conforms, counts.carried, counts.malformed]) {
      expect(count).toBeGreaterThan(RUNS.numRuns / 50);
    }
  });

  it("the writer writes what the relay takes for a good event, and refuses what the relay only carries", async () => {
    const counts = { written: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(row, async ({ recordedtime: _setByTheWriter, ...item }) => {
        const verdict = verdictOf(item);
        if (verdict.kind !== "conforms" && verdict.kind !== "carried") return;
        const { event } = verdict;
        const outcome = await written(inputOf(item, event));
        counts[outcome.kind] += 1;
        if (verdict.kind === "carried") {
          expect(outcome.kind, itemJson(item)).toBe("refused");
        } else if (outcome.kind === "refused") {
          expect(outcome.error, itemJson(item)).toMatchObject({
            name: "InvalidEventError",
            message: expect.stringMatching(STRICTER_ON_PURPOSE),
          });
        } else {
          const { recordedtime: _when, datacontenttype: _said, ...wire } = outcome.wire;
          const { recordedtime: _then, datacontenttype: _saidBefore, ...before } = JSON.parse(event.json);
          expect(wire).toEqual(before);
        }
      }),
      { ...RUNS, numRuns: RUNS.numRuns / 2 },
    );
    expect(counts.written).toBeGreaterThan(RUNS.numRuns / 20);
    expect(counts.refused).toBeGreaterThan(RUNS.numRuns / 100);
  });
});
