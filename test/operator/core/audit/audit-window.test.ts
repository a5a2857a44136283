import { describe, expect, it } from "vitest";
import { auditWindow, CLOCK_MARGIN_MS, isWithin } from "../../../../lib/operator/core/audit/audit-window.ts";

const NOW = Date.parse("2026-11-29T12:00:00Z");
const INVOCATION_MS = 70_000;
const LATEST = NOW - INVOCATION_MS - CLOCK_MARGIN_MS;
const YEAR_MS = 365 * 86_400_000;
const choose = (fromMs: number, toMs: number) => auditWindow({ fromMs, toMs }, NOW, INVOCATION_MS);

describe("the window of an audit", () => {
  it("is the one that was asked for, up to a year and more", () => {
    for (const fromMs of [NOW - 3_600_000, NOW - YEAR_MS, 0]) {
      const window = { fromMs, toMs: NOW - 1_800_000 };
      expect(choose(window.fromMs, window.toMs)).toEqual({ kind: "window", window, isCut: false });
    }
  });

  it("is cut where lines may be on their way, or that is in the future", () => {
    for (const toMs of [LATEST + 1, NOW, NOW + YEAR_MS]) {
      const window = { fromMs: NOW - 3_600_000, toMs: LATEST };
      expect(choose(NOW - 3_600_000, toMs)).toEqual({ kind: "window", window, isCut: true });
    }
    expect(choose(NOW - 3_600_000, LATEST)).toMatchObject({ isCut: false });
  });

  it("is none where its end is not after its beginning, or it begins too late", () => {
    expect(choose(NOW - 1_000, NOW - 1_000)).toEqual({ kind: "empty" });
    expect(choose(NOW, NOW - 3_600_000)).toEqual({ kind: "empty" });
    for (const fromMs of [LATEST, NOW, NOW + 1]) {
      expect(choose(fromMs, NOW + YEAR_MS)).toEqual({ kind: "too-late", latestMs: LATEST });
    }
  });

  it("has its beginning, and not its end", () => {
    const window = { fromMs: 10, toMs: 20 };
    expect([9, 10, 19, 20].map((ms) => isWithin(window, ms))).toEqual([false, true, true, false]);
  });
});
