import { describe, expect, it } from "vitest";
import type { RowKey } from "../../../../lib/contract/event.ts";
import { backlogCountOf } from "../../../../lib/core/requeue/sweep/backlog-count.ts";
import { RecordingTelemetry } from "../../../world/recording-telemetry.ts";
import { VirtualClock } from "../../../world/virtual-clock.ts";
import { scannedRow } from "./scanned-row.ts";

const PAGE_MS = 100;

/** The count of a table with so many pages of ten rows each. */
function countOf(pages: number) {
  const clock = new VirtualClock(0);
  const telemetry = new RecordingTelemetry();
  const asked: (string | undefined)[] = [];
  const table = {
    async count(after: RowKey | undefined) {
      asked.push(after?.pk);
      await clock.sleep(PAGE_MS);
      const page = Number(after?.pk ?? 0) + 1;
      return { rows: 10, ...(page < pages && { next: { pk: String(page), sk: "1" } }) };
    },
  };
  const count = backlogCountOf({ table, parking: { unmarked: () => undefined }, clock, telemetry });
  const advance = (ms: number) => clock.run(() => count.advance(clock.now() + ms));
  return { advance, asked, told: () => telemetry.measured("UndeliveredEvents") };
}

describe("the count of a large table", () => {
  it("goes on in each run where the one before stopped, and is told when it is through and only then", async () => {
    const { advance, asked, told } = countOf(5);
    await advance(2 * PAGE_MS);
    expect(asked).toEqual([undefined, "1"]);
    expect(told()).toEqual([]);
    await advance(2 * PAGE_MS);
    expect(told()).toEqual([]);
    await advance(2 * PAGE_MS);
    expect(asked).toEqual([undefined, "1", "2", "3", "4"]);
    expect(told()).toEqual([50]);
  });

  it("begins anew once it is through, with the next run", async () => {
    const { advance, asked, told } = countOf(2);
    await advance(10 * PAGE_MS);
    expect(asked).toHaveLength(2);
    await advance(10 * PAGE_MS);
    expect(told()).toEqual([20, 20]);
  });
});

it("knows which rows failed by their own fault and have no room for a mark that says so", () => {
  const clock = new VirtualClock(0);
  const telemetry = new RecordingTelemetry();
  const table = { count: async () => ({ rows: 0 }) };
  const unmarked = ({ pk }: RowKey) => (pk === "failed" ? { attempts: 1, notBeforeMs: 0 } : undefined);
  const { ages } = backlogCountOf({ table, parking: { unmarked }, clock, telemetry });
  ages.sawAll(
    { rows: [scannedRow("waits", { recordedAtMs: 1_000 }), scannedRow("failed", { recordedAtMs: 4_000 })] },
    10_000,
  );
  ages.tell(telemetry, 10_000);
  expect(telemetry.measured("OldestUndeliveredAge")).toEqual([9]);
  expect(telemetry.measured("OldestParkedAge")).toEqual([6]);
});
