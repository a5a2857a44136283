import { describe, expect, it } from "vitest";
import { NONCONFORMITIES } from "../../../lib/contract/codec/conformance.ts";
import { TARGET_KINDS } from "../../../lib/contract/deployment/target-kind.ts";
import type { OutboxEvent } from "../../../lib/contract/event.ts";
import { drawRows, sendThrough } from "./scale.ts";
import { type Arrived, PARTS, WIRES, type Wire } from "./wires.ts";

const SEED = 20_260_131;
/** `npm run foreign` sends a million. */
const ROWS = 20_000;

/** What a reason may name: the attributes of the contract, and all others as one. */
const MALFORMED_PARTS = [
  ...["an extension", "data", "datacontenttype", "dataschema", "destination", "id", "pk", "recordedtime", "sk"],
  ...["source", "specversion", "subject", "time", "traceparent", "type"],
];

/** What the publishers refuse of these rows. A payload that is no object is no business event of Nakadi. */
const REFUSED = [
  "EventBridge: DetailTypeTooLong",
  "EventBridge: SourceTooLong",
  "HTTP, binary: ContentTypeInvalid",
  "HTTP, binary: HeadersTooLarge",
  "Nakadi, the payload: NotANakadiEvent",
  "RabbitMQ: ContentTypeTooLong",
];

const countOf = (counts: ReadonlyMap<string, number>, { name }: Wire): number =>
  [...counts].reduce((sum, [way, count]) => (way === name || way.startsWith(`${name}: `) ? sum + count : sum), 0);

describe("rows of foreign writers, by the thousand", () => {
  it("go over a wire of each kind of target", () => {
    expect([...new Set(WIRES.map(({ kind }) => kind))].toSorted()).toEqual([...TARGET_KINDS].toSorted());
  });

  it("arrive over every wire with payload, key and id as they were written", () => {
    const report = sendThrough({ rows: ROWS, seed: SEED });
    expect(report.rows).toBe(ROWS);
    // If few of the rows were events, or none in order, the generator would prove little.
    expect(report.events).toBeGreaterThan(ROWS / 3);
    expect(report.ordered).toBeGreaterThan(ROWS / 20);
    for (const wire of WIRES) {
      const arrived = countOf(report.arrived, wire);
      if (wire.conforming) expect(arrived, wire.name).toBeGreaterThan(ROWS / 4);
      else expect(arrived + countOf(report.refused, wire), wire.name).toBe(report.events);
      // A publisher that refused much would prove little, too.
      expect(arrived, wire.name).toBeGreaterThan(ROWS / (wire.parts === undefined ? 4 : 10));
    }
    expect([...report.refused.keys()].toSorted()).toEqual(REFUSED);
    expect([...report.malformed.keys()].toSorted()).toEqual(MALFORMED_PARTS);
    expect([...report.nonconforming.keys()].toSorted()).toEqual([...NONCONFORMITIES].toSorted());
    expect(report.refusedBySchema).toBeGreaterThan(0);
  });

  const drawn = drawRows(SEED, 0);

  it.each<[what: string, part: keyof Arrived, change: (arrived: Arrived) => Arrived]>([
    ["an id", "id", (arrived) => ({ ...arrived, id: String(arrived.id).trim() })],
    ["a key", "partitionkey", ({ partitionkey: _lost, ...arrived }) => arrived],
    ["a sequence", "sequence", (arrived) => ({ ...arrived, ...(arrived.sequence === "2" ? { sequence: "1" } : {}) })],
    ["a payload", "data", (arrived) => ({ ...arrived, data: withoutNulls(arrived.data) })],
  ])("are found when %s is lost on the way, whichever it is", (_what, part, change) => {
    for (const wire of WIRES) {
      if (!(wire.parts ?? PARTS).includes(part)) continue;
      const losing = losingOver(wire, (arrived) => arrived && change(arrived));
      expect(losing, wire.name).toThrow(`over ${wire.name}: ${part} is `);
    }
  });

  it.each(WIRES.map((wire) => [wire.name, wire] as const))("are found when an event is lost over %s", (name, wire) => {
    const losing = losingOver(wire, (arrived, { json }) => (json.includes("\u2028") ? undefined : arrived));
    expect(losing).toThrow(`over ${name}: nothing arrived`);
  });

  function losingOver(wire: Wire, change: (arrived: Arrived | undefined, event: OutboxEvent) => Arrived | undefined) {
    const losing: Wire = { ...wire, arrive: (event) => change(wire.arrive(event), event) };
    return () => sendThrough({ rows: drawn.length, seed: SEED, wires: [losing], rowsOf: () => drawn });
  }
});

/** A reviver that returns undefined drops the member. */
const withoutNulls = (data: unknown): unknown =>
  JSON.parse(JSON.stringify(data ?? null), (_name, value) => value ?? undefined);
