import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../../../../lib/contract/archive/archive-gap.ts";
import { WINDOW_OVERLAP_HOURS } from "../../../../lib/contract/settings/audit-settings.ts";
import { minParkedMsOf } from "../../../../lib/contract/settings/settings.ts";
import { audit } from "../../../../lib/operator/core/audit/audit.ts";
import type { AuditReport } from "../../../../lib/operator/core/audit/audit-report.ts";
import type { AuditWindow } from "../../../../lib/operator/core/audit/audit-window.ts";
import { AuditStopped } from "../../../../lib/operator/core/audit/reading.ts";
import { NAMED_EVENTS, scheduledAudit } from "../../../../lib/operator/core/audit/scheduled-audit.ts";
import { RecordingTelemetry } from "../../../world/recording-telemetry.ts";
import { AuditWorld, MINUTE_MS, NOON_MS } from "./audit-world.ts";

const OPTIONS = { windowHours: 25, invocationMs: 70_000, keepsOrder: false };
const MET_MS = NOON_MS + 10 * MINUTE_MS;
const METRICS = ["AuditRuns", "AuditUnaccounted", "AuditRemoved"] as const;

/** A run over this world, and what it told. */
async function run(world: AuditWorld, { endMs = Number.POSITIVE_INFINITY, ...options } = { ...OPTIONS, endMs: 1e15 }) {
  const telemetry = new RecordingTelemetry();
  const windows: AuditWindow[] = [];
  const reports: AuditReport[] = [];
  const ports = world.ports();
  const answer = await scheduledAudit(
    {
      ...{ clock: ports.clock, telemetry },
      audit: async (request, found, stopped) => {
        windows.push(request.window);
        const report = await audit({ ...ports, stopped }, request, found);
        reports.push(report);
        return report;
      },
    },
    options,
    endMs,
  ).catch((error: unknown) => error);
  const told = Object.fromEntries(METRICS.map((name) => [name, telemetry.total(name)]));
  return { answer, told, logs: telemetry.logs, window: windows[0], report: reports[0] };
}

describe("an audit on a schedule", () => {
  it("tells that it ran, and zeros, where all is accounted for", async () => {
    const world = new AuditWorld();
    world.write(world.met({ id: "e1" }, MET_MS), world.receipt({ id: "e1" }, MET_MS + 100));
    world.write(world.met({ id: "e2" }, MET_MS));
    world.put({ id: "e2" });
    const { answer, told, logs } = await run(world);
    expect(answer).toEqual({ accountedFor: true, met: 2, removed: 0, unaccounted: 0 });
    expect(told).toEqual({ AuditRuns: 1, AuditUnaccounted: 0, AuditRemoved: 0 });
    expect(logs).toMatchObject([
      {
        level: "info",
        message: "Audit: all is accounted for",
        fields: { met: 2, acknowledged: 1, waiting: 1, removed: 0 },
      },
    ]);
  });

  it("counts events that are removed or undecided, and names them in the log, those that wait not", async () => {
    const world = new AuditWorld();
    world.write(world.met({ id: "gone" }, MET_MS), world.met({ id: "waits" }, MET_MS));
    world.put({ id: "waits" });
    const first = await run(world);
    expect(first.told).toEqual({ AuditRuns: 1, AuditUnaccounted: 1, AuditRemoved: 1 });
    const [report, ...events] = first.logs;
    expect(report).toMatchObject({ level: "warn", message: "Audit: not all is accounted for", fields: { removed: 1 } });
    expect(events).toMatchObject([
      {
        level: "warn",
        message: "Audit: an event is not accounted for",
        fields: { id: "gone", type: "order.placed", state: "removed", metAt: new Date(MET_MS).toISOString() },
      },
    ]);
    // Lines of a later hour are missing, in which it may have been acknowledged.
    world.gaps.add(NOON_MS + HOUR_MS);
    const second = await run(world);
    expect(second.told).toMatchObject({ AuditUnaccounted: 1, AuditRemoved: 0 });
    expect(second.logs.at(-1)?.fields).toMatchObject({ id: "gone", state: "undecided" });
  });

  it("counts an object that cannot be read, and names the first", async () => {
    const world = new AuditWorld();
    world.corrupt(MET_MS);
    world.corrupt(MET_MS + 1);
    const { told, logs } = await run(world);
    expect(told).toMatchObject({ AuditUnaccounted: 2, AuditRemoved: 0 });
    expect(logs[0]?.fields).toMatchObject({
      unreadable: 2,
      why: expect.any(String),
      firstUnreadable: expect.any(String),
    });
  });

  it("counts one where something hides events and nobody knows how many", async () => {
    const world = new AuditWorld();
    world.gaps.add(NOON_MS);
    const { answer, told } = await run(world);
    expect(answer).toMatchObject({ accountedFor: false, unaccounted: 1 });
    expect(told).toEqual({ AuditRuns: 1, AuditUnaccounted: 1, AuditRemoved: 0 });
  });

  it("says from when on objects were deleted by age", async () => {
    const world = new AuditWorld();
    // A lifecycle whose date has come: whatever there was may be gone.
    world.kept = { kind: "days", days: 0 };
    const { told, logs } = await run(world);
    expect(told["AuditUnaccounted"]).toBe(1);
    expect(logs[0]?.fields).toMatchObject({ expiredUntil: "2026-11-29T18:00:00.000Z" });
  });

  it("names the first events of many, and counts all", async () => {
    const world = new AuditWorld();
    for (let number = 0; number < 3 * NAMED_EVENTS; number += 1)
      world.write(world.met({ id: `e${number}` }, MET_MS + number));
    const { told, logs } = await run(world);
    expect(told["AuditRemoved"]).toBe(3 * NAMED_EVENTS);
    const named = logs.slice(1).map(({ fields }) => fields?.["id"]);
    expect(named).toEqual(Array.from({ length: NAMED_EVENTS }, (_unused, number) => `e${number}`));
  });

  it("tells nothing where its time is over before its end, so that the alarm on missing runs goes on", async () => {
    const world = new AuditWorld();
    world.write(world.met({ id: "e1" }, MET_MS));
    const { answer, told, logs } = await run(world, { ...OPTIONS, endMs: world.nowMs });
    expect(answer).toBeInstanceOf(AuditStopped);
    expect(told).toEqual({ AuditRuns: 0, AuditUnaccounted: 0, AuditRemoved: 0 });
    expect(logs).toEqual([]);
  });
});

describe("the windows of two runs", () => {
  const MOST_RELAY_TIMEOUT_SECONDS = 900;
  const LATEST_START_MS = 35 * MINUTE_MS;

  it.each([
    [1, 60],
    [24, 60],
    [24, MOST_RELAY_TIMEOUT_SECONDS],
  ])(
    "every %i hours overlap, with a relay's timeout of %i s, also where the later one begins late",
    async (everyHours, timeout) => {
      const invocationMs = minParkedMsOf({ relayTimeoutSeconds: timeout });
      const options = { windowHours: everyHours + WINDOW_OVERLAP_HOURS, invocationMs, keepsOrder: false, endMs: 1e15 };
      const world = new AuditWorld();
      const { window: first } = await run(world, options);
      world.nowMs += everyHours * HOUR_MS + LATEST_START_MS;
      const { window: second } = await run(world, options);
      expect(second?.fromMs).toBeLessThan(first?.toMs ?? 0);
      // What was met since may be on its way into the archive.
      expect(world.nowMs - (second?.toMs ?? 0)).toBe(invocationMs + 30_000);
    },
  );
});
