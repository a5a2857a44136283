import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unwrap } from "../../lib/consumer/index.ts";
import { binaryMode } from "../../lib/contract/codec/binary-mode.ts";
import { decodeItem } from "../../lib/contract/codec/decode-row.ts";
import { decodeScanned } from "../../lib/contract/codec/decode-scanned.ts";
import type { Item } from "../../lib/contract/codec/item.ts";
import { type OutboxEvent, seenOf } from "../../lib/contract/event.ts";
import { judgedByRfc } from "../contract/codec/rfc-3986.ts";
import { judgedByW3c } from "../contract/codec/trace-context.ts";
import { PLANTED } from "./foreign-destinations.ts";
import { foreignRow, inStream } from "./foreign-rows.ts";
import { kafkaInvocation, rabbitInvocation } from "./scale/wires.ts";

const RUNS = { numRuns: 2_000, seed: 20_260_131 };

function eventOf(item: Item): OutboxEvent | undefined {
  const decoded = decodeItem(item);
  return decoded.kind === "row" && decoded.row.content.kind === "event" ? decoded.row.content.event : undefined;
}

describe("a foreigner's row", () => {
  it("is an event in JSON, or has a reason", () => {
    let events = 0;
    fc.assert(
      fc.property(foreignRow, (item) => {
        const decoded = decodeItem(item);
        if (decoded.kind === "reserved") return;
        const { content } = decoded.row;
        if (content.kind === "malformed") {
          expect(content.row.reason).toMatch(/./);
          expect(JSON.parse(content.row.json)).toHaveProperty("pk");
          expect(content.row.json, "its copy for people has no credentials").not.toContain(PLANTED);
          return;
        }
        events += 1;
        const event = JSON.parse(content.event.json);
        expect(event).toMatchObject({ specversion: "1.0", id: item["id"]?.S, source: item["source"]?.S });
        expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
      }),
      RUNS,
    );
    // If few of the rows are events, the generator proves little.
    expect(events).toBeGreaterThan(RUNS.numRuns / 5);
  });

  it("is counted as one that breaks CloudEvents by its source or its trace exactly where it does", () => {
    const counted = { "source-not-uri": 0, "traceparent-malformed": 0 };
    fc.assert(
      fc.property(foreignRow, (item) => {
        const event = eventOf(item);
        if (event === undefined) return;
        const { source, traceparent } = event;
        const found = {
          "source-not-uri": !judgedByRfc(source).isReference,
          "traceparent-malformed": traceparent !== undefined && !judgedByW3c(traceparent),
        };
        for (const [reason, is] of Object.entries(found) as [keyof typeof found, boolean][]) {
          expect(event.nonconformities?.includes(reason) ?? false, `${reason}: ${source} ${traceparent}`).toBe(is);
          if (is) counted[reason] += 1;
        }
      }),
      RUNS,
    );
    expect(Math.min(...Object.values(counted))).toBeGreaterThan(RUNS.numRuns / 100);
  });

  it("is the same event whether it comes from the table or from its stream", () => {
    fc.assert(
      fc.property(foreignRow, (item) => {
        expect(eventOf(inStream(item))).toEqual(eventOf(item));
      }),
      RUNS,
    );
  });

  it("is one row to a look at the table and to a read of it", () => {
    fc.assert(
      fc.property(foreignRow, (item) => {
        const decoded = decodeItem(item);
        const seen = decodeScanned(item);
        expect(seen === undefined).toBe(decoded.kind === "reserved");
        if (decoded.kind === "reserved" || decoded.row.content.kind === "malformed" || seen === undefined) return;
        expect(seen).toEqual({ ...seenOf(decoded.row), marks: seen.marks });
      }),
      RUNS,
    );
  });

  it("reaches a consumer of Kafka and RabbitMQ as one of all the others", () => {
    fc.assert(
      fc.property(foreignRow, (item) => {
        const event = eventOf(item);
        if (event === undefined) return;
        const structured = JSON.parse(event.json);
        const { attributes, content } = binaryMode(event);
        const texts = Object.fromEntries(
          Object.entries(attributes).map(([name, value]) => [name, String(value).toWellFormed()]),
        );
        const data = "data" in structured ? { data: received(structured.data) } : {};
        const type = content === undefined ? {} : { datacontenttype: content.type.toWellFormed() };
        expect(unwrap(kafkaInvocation(event))).toEqual([{ ...texts, ...type, ...data }]);
        const [fromQueue] = unwrap(rabbitInvocation(event));
        expect(stringified(fromQueue)).toEqual(stringified({ ...texts, ...type, ...data }));
      }),
      RUNS,
    );
  });
});

/** Half a surrogate pair cannot be sent as bytes. JSON escapes it, and plain text loses it. */
const received = (value: unknown): unknown => (typeof value === "string" ? value.toWellFormed() : value);

const stringified = (event: object | undefined) =>
  Object.fromEntries(
    Object.entries(event ?? {}).map(([name, value]) => [name, name === "data" ? value : String(value)]),
  );
