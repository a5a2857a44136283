import { describe, expect, it } from "vitest";
import { NONCONFORMITIES } from "../../../lib/contract/codec/conformance.ts";
import type { OutboxEvent } from "../../../lib/contract/event.ts";
import { ForeignRowError, sendThrough } from "./scale.ts";
import { type Arrived, WIRES, type Wire } from "./wires.ts";

const SEED = 20_260_131;
/** `npm run foreign` sends a million. */
const ROWS = 20_000;

/** What a reason may name: the attributes of the contract, and all others as one. */
const MALFORMED_PARTS = [
  ...["an extension", "data", "datacontenttype", "dataschema", "destination", "id", "pk", "recordedtime", "sk"],
  ...["source", "specversion", "subject", "time", "traceparent", "type"],
];

describe("rows of foreign writers, by the thousand", () => {
  it("arrive over every wire with payload, key and id as they were written", () => {
    const report = sendThrough({ rows: ROWS, seed: SEED });
    expect(report.rows).toBe(ROWS);
    // If few of the rows were events, or none in order, the generator would prove little.
    expect(report.events).toBeGreaterThan(ROWS / 3);
    expect(report.ordered).toBeGreaterThan(ROWS / 20);
    for (const { name, conforming = false } of WIRES) {
      if (conforming) expect(report.arrived.get(name)).toBeGreaterThan(ROWS / 4);
      else expect(report.arrived.get(name)).toBe(report.events);
    }
    expect([...report.malformed.keys()].toSorted()).toEqual(MALFORMED_PARTS);
    expect([...report.nonconforming.keys()].toSorted()).toEqual([...NONCONFORMITIES].toSorted());
    expect(report.refusedBySchema).toBeGreaterThan(0);
  });

  it.each<[what: string, change: (arrived: Arrived, event: OutboxEvent) => Arrived | undefined]>([
    ["an id", (arrived) => ({ ...arrived, id: String(arrived.id).trim() })],
    ["a key", ({ partitionkey: _lost, ...arrived }) => arrived],
    ["a sequence", (arrived) => ({ ...arrived, ...(arrived.sequence === "2" ? { sequence: "1" } : {}) })],
    ["a payload", (arrived) => ({ ...arrived, data: JSON.parse(JSON.stringify(arrived.data ?? null)) ?? undefined })],
    ["an event", (arrived, { json }) => (json.includes("\u2028") ? undefined : arrived)],
  ])("are found when %s is lost on the way", (_what, change) => {
    const [wire] = WIRES;
    const arrive = (event: OutboxEvent) => change(wire?.arrive(event) ?? { id: undefined }, event);
    const losing: Wire = { name: "a wire that loses something", arrive };
    expect(() => sendThrough({ rows: ROWS, seed: SEED, wires: [losing] })).toThrow(ForeignRowError);
  });
});
