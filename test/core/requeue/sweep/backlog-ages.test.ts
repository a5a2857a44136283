import { describe, expect, it } from "vitest";
import { type BacklogAges, backlogAges } from "../../../../lib/core/requeue/sweep/backlog-ages.ts";
import { RecordingTelemetry } from "../../../world/recording-telemetry.ts";
import { scannedRow } from "./scanned-row.ts";

describe("ages of a backlog", () => {
  const row = (pk: string, recordedAtMs: number, attempts = 0) => scannedRow(pk, { recordedAtMs, marks: { attempts } });
  const next = { pk: "z", sk: "1" };
  const told = (ages: BacklogAges, nowMs: number) => {
    const telemetry = new RecordingTelemetry();
    ages.tell(telemetry, nowMs);
    return (["OldestUndeliveredAge", "OldestParkedAge", "OldestForeignAge"] as const).flatMap((name) =>
      telemetry.measured(name),
    );
  };

  it("keeps what a pass that was broken off did not come to", () => {
    const ages = backlogAges(() => false);
    ages.saw({ rows: [row("a", 5_000)], next }, 10_000, { segment: 0, first: true });
    ages.saw({ rows: [row("b", 1_000)] }, 10_000, { segment: 0, first: false });
    expect(told(ages, 10_000)).toEqual([9, 0]);
    ages.saw({ rows: [row("a", 5_000)], next }, 10_000, { segment: 0, first: true });
    expect(told(ages, 10_000)).toEqual([9, 0]);
    ages.saw({ rows: [row("a", 5_000)] }, 10_000, { segment: 0, first: true });
    expect(told(ages, 10_000)).toEqual([5, 0]);
  });

  it("knows the rows of a key that is parked for one of them, also on the next page", () => {
    const ages = backlogAges(() => false);
    const parkedKey = { pk: "k", version: 1, attempts: 2 };
    ages.saw({ rows: [], parkedKeys: [parkedKey], next }, 10_000, { segment: 0, first: true });
    ages.saw({ rows: [row("k", 4_000), row("l", 1_000)] }, 10_000, { segment: 0, first: false });
    expect(told(ages, 10_000)).toEqual([9, 6]);
  });

  it("knows the rows of such a key on all of its pages, and those of no other key", () => {
    const ages = backlogAges(() => false);
    const parkedKey = { pk: "k", version: 1, attempts: 2 };
    ages.saw({ rows: [], parkedKeys: [parkedKey], next }, 10_000, { segment: 0, first: true });
    ages.saw({ rows: [row("k", 6_000)], next }, 10_000, { segment: 0, first: false });
    ages.saw({ rows: [row("k", 4_000), row("l", 1_000)] }, 10_000, { segment: 0, first: false });
    expect(told(ages, 10_000)).toEqual([9, 6]);
  });

  it("counts a row that failed by its own fault as parked", () => {
    const ages = backlogAges(() => false);
    ages.sawAll({ rows: [row("a", 1_000), row("b", 3_000, 1), row("c", 5_000, 1)] }, 10_000);
    expect(told(ages, 10_000)).toEqual([9, 7]);
  });

  it("does not count a key as parked by its own fault that waits for its target", () => {
    const ages = backlogAges(() => false);
    ages.sawAll({ rows: [row("k", 4_000)], parkedKeys: [{ pk: "k", version: 1, attempts: 0 }] }, 10_000);
    expect(told(ages, 10_000)).toEqual([6, 0]);
  });

  it("tells of foreign rows only where there may be some", () => {
    const ages = backlogAges(() => false);
    ages.sawAll({ rows: [], foreign: [] }, 10_000);
    expect(told(ages, 10_000)).toEqual([0, 0, 0]);
    ages.saw({ rows: [], foreign: [row("f", 2_000)] }, 10_000, { segment: 3, first: true });
    expect(told(ages, 10_000)).toEqual([0, 0, 8]);
  });
});
