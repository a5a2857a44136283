import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../../../../lib/contract/archive/archive-gap.ts";
import { STREAM_KEEPS_MS } from "../../../../lib/operator/core/audit/audit-window.ts";
import { AuditWorld, MINUTE_MS, NOON_MS, type Told } from "./audit-world.ts";

const MET_MS = NOON_MS + 10 * MINUTE_MS;

function worldWith(fill: (world: AuditWorld) => void): AuditWorld {
  const world = new AuditWorld();
  fill(world);
  return world;
}

/** The one verdict of a world whose only event was met once. */
async function verdict(fill: (world: AuditWorld) => void, event: Told = { id: "e1" }) {
  const world = worldWith((made) => {
    made.write(made.met(event, MET_MS));
    fill(made);
  });
  const { events, counts, report } = await world.audit();
  expect(counts.met).toBe(1);
  return { verdict: events[0]?.verdict, counts, isAccountedFor: report.isAccountedFor, report };
}

describe("an event that the relay met is acknowledged", () => {
  it("where a receipt tells so, however late", async () => {
    for (const atMs of [MET_MS + 100, MET_MS + 5 * HOUR_MS]) {
      const found = await verdict((world) => world.write(world.receipt({ id: "e1" }, atMs)));
      expect(found).toMatchObject({ counts: { acknowledged: 1, duplicates: 0 }, isAccountedFor: true });
      expect(found.verdict).toBeUndefined();
    }
  });

  it("where the requeuer delivered it hours before the stream brought it", async () => {
    const world = worldWith((made) => {
      made.write(made.receipt({ id: "e1" }, NOON_MS - 20 * HOUR_MS, { role: "requeuer" }));
      made.write(made.met({ id: "e1" }, MET_MS, { writtenAtMs: NOON_MS - 21 * HOUR_MS }));
    });
    expect((await world.audit()).counts).toMatchObject({ met: 1, acknowledged: 1 });
  });

  it("also while its row is still there, or was set aside before it was written again", async () => {
    const found = await verdict((world) => {
      world.write(world.receipt({ id: "e1" }, MET_MS));
      world.put({ id: "e1" });
      world.setAside({ id: "e1" });
    });
    expect(found.counts).toMatchObject({ acknowledged: 1, waiting: 0, setAside: 0 });
  });

  it("once, where a line was written twice; twice, where two receipts tell so", async () => {
    const twice = await verdict((world) => {
      const line = world.receipt({ id: "e1" }, MET_MS);
      world.write(line);
      world.write(line);
    });
    expect(twice.counts).toMatchObject({ acknowledged: 1, duplicates: 0 });
    const again = await verdict((world) => {
      world.write(world.receipt({ id: "e1" }, MET_MS));
      world.write(world.receipt({ id: "e1" }, MET_MS + 100), world.receipt({ id: "e1" }, MET_MS + 200));
    });
    expect(again).toMatchObject({ counts: { acknowledged: 1, duplicates: 2, dropped: 0 }, isAccountedFor: true });
  });

  it("once, where the target dropped it the second time", async () => {
    const { counts } = await verdict((world) => {
      world.write(world.receipt({ id: "e1" }, MET_MS), world.receipt({ id: "e1" }, MET_MS + 100, { duplicate: true }));
    });
    expect(counts).toMatchObject({ acknowledged: 1, duplicates: 0, dropped: 1 });
  });

  it("never by the receipt of another event at its key, or of its id at another key", async () => {
    for (const other of [
      { id: "e2", pk: "e1" },
      { id: "e1", pk: "k" },
      { id: "e1", sk: "2" },
    ]) {
      const found = await verdict((world) => world.write(world.receipt(other, MET_MS)));
      expect(found.verdict?.kind).toBe("removed");
    }
  });
});

describe("an event without a receipt", () => {
  it("waits where its row is, and the row says why", async () => {
    const found = await verdict((world) =>
      world.put(
        { id: "e1" },
        {
          _attempts: { N: "2" },
          _notBefore: { N: String(NOON_MS + 7 * HOUR_MS) },
          _reason: { S: "permanent: Bad: no" },
        },
      ),
    );
    expect(found).toMatchObject({
      verdict: { kind: "waiting", row: { state: "resting", attempts: 2, notBeforeMs: NOON_MS + 7 * HOUR_MS } },
      isAccountedFor: true,
    });
  });

  it("is set aside where the journal has it, and tells by whom", async () => {
    for (const place of ["quarantined", "discarded"] as const) {
      const found = await verdict((world) => void world.setAside({ id: "e1" }, place));
      expect(found).toMatchObject({
        verdict: { kind: "set-aside", aside: { place, who: "arn:aws:iam::1:user/ann", why: "wrong price" } },
        isAccountedFor: true,
      });
      expect(JSON.stringify(found.verdict)).not.toContain("item");
    }
  });

  it("is removed where nothing else can explain that its row is gone", async () => {
    expect(await verdict(() => undefined)).toMatchObject({ verdict: { kind: "removed" }, isAccountedFor: false });
  });

  it("is removed, though another event has come to its place", async () => {
    expect(await verdict((world) => world.put({ id: "e2", pk: "e1" }))).toMatchObject({
      verdict: { kind: "removed", successor: { id: "e2" } },
    });
    const earlier = await verdict((world) => world.write(world.receipt({ id: "e0", pk: "e1" }, MET_MS - 1_000)));
    expect(earlier.verdict).toEqual({ kind: "removed" });
  });

  it("is in flight where it was written as the audit began", async () => {
    const world = new AuditWorld();
    world.nowMs = MET_MS + MINUTE_MS;
    world.write(world.met({ id: "e1" }, MET_MS, { writtenAtMs: world.nowMs - 10_000 }));
    expect(await world.audit()).toMatchObject({
      events: [{ verdict: { kind: "in-flight" } }],
      report: { isAccountedFor: false },
    });
  });
});

describe("an event whose row has no id is known by its key", () => {
  it("while it waits, or is set aside", async () => {
    const nameless = { pk: "k", sk: "7" };
    const waiting = await verdict((world) => world.put(nameless), nameless);
    expect(waiting.verdict).toMatchObject({ kind: "waiting", row: { failure: { code: "MalformedRow" } } });
    const aside = await verdict((world) => void world.setAside(nameless), nameless);
    expect(aside.verdict?.kind).toBe("set-aside");
    expect((await verdict(() => undefined, nameless)).verdict).toEqual({ kind: "removed" });
  });

  it("and is undecided where another event came to its place: repaired, or written over", async () => {
    const nameless = { pk: "k", sk: "7" };
    for (const come of [
      (world: AuditWorld) => world.put({ ...nameless, id: "e7" }),
      (world: AuditWorld) => world.write(world.receipt({ ...nameless, id: "e7" }, MET_MS + HOUR_MS)),
    ]) {
      expect(await verdict(come, nameless)).toMatchObject({
        verdict: { kind: "undecided", because: { kind: "repaired-or-replaced", successor: { id: "e7" } } },
        isAccountedFor: false,
      });
    }
  });
});

describe("while lines may be missing", () => {
  it("an event without a receipt is undecided, if it may have been acknowledged then", async () => {
    const decided = async (hour: number) => (await verdict((world) => world.gaps.add(hour))).verdict?.kind;
    expect(await decided(NOON_MS)).toBe("undecided");
    expect(await decided(NOON_MS + 3 * HOUR_MS)).toBe("undecided");
    expect(await decided(NOON_MS - HOUR_MS)).toBe("removed");
    const several = await verdict((world) => {
      for (const hour of [3, -1, 1]) world.gaps.add(NOON_MS + hour * HOUR_MS);
    });
    expect(several).toMatchObject({ verdict: { kind: "undecided" }, report: { missingHours: { length: 3 } } });
    const early = await verdict((world) => {
      world.write(world.met({ id: "e1" }, MET_MS, { writtenAtMs: NOON_MS - 90 * MINUTE_MS }));
      world.gaps.add(NOON_MS - HOUR_MS);
    });
    expect(early.verdict).toEqual({ kind: "undecided", because: { kind: "lines-missing" } });
  });

  it("an event with a receipt is acknowledged, and one that waits waits", async () => {
    const world = worldWith((made) => {
      made.gaps.add(NOON_MS + 2 * HOUR_MS);
      made.write(made.met({ id: "e1" }, MET_MS), made.receipt({ id: "e1" }, MET_MS), made.met({ id: "e2" }, MET_MS));
      made.put({ id: "e2" });
    });
    expect(await world.audit()).toMatchObject({
      counts: { acknowledged: 1, waiting: 1, undecided: 0 },
      report: { isAccountedFor: true, missingHours: [NOON_MS + 2 * HOUR_MS], isWindowMissing: false },
    });
  });

  it("of the window itself, not all is accounted for, whatever is known", async () => {
    const found = await verdict((world) => {
      world.write(world.receipt({ id: "e1" }, MET_MS));
      world.gaps.add(NOON_MS);
    });
    expect(found).toMatchObject({
      counts: { acknowledged: 1 },
      isAccountedFor: false,
      report: { isWindowMissing: true },
    });
    const before = worldWith((world) => world.gaps.add(NOON_MS - HOUR_MS));
    expect((await before.audit()).report.isAccountedFor).toBe(true);
  });

  it.each([
    ["an object", undefined],
    ["a line", 3],
  ])("because %s cannot be read, it is named, and nothing counts as removed", async (_what, line) => {
    const found = await verdict((world) => world.corrupt(NOON_MS + 2 * HOUR_MS, line));
    expect(found).toMatchObject({ verdict: { kind: "undecided" }, isAccountedFor: false });
    const named = { objectKey: `object-${NOON_MS + 2 * HOUR_MS}`, ...(line === undefined ? {} : { line }) };
    expect(found.report).toMatchObject({ unreadableCount: 1, unreadable: [named] });
    const before = await verdict((world) => world.corrupt(NOON_MS - 30 * MINUTE_MS));
    expect(before).toMatchObject({ verdict: { kind: "removed" }, isAccountedFor: false });
  });

  it("because objects are deleted by age, what was written before may have had a receipt", async () => {
    const DAYS_2 = { kind: "days", days: 2 } as const;
    const world = worldWith((made) => {
      made.kept = DAYS_2;
      made.nowMs = NOON_MS + 48 * HOUR_MS;
      made.write(
        made.met({ id: "e1" }, MET_MS),
        made.met({ id: "e2" }, MET_MS, { writtenAtMs: NOON_MS - 13 * HOUR_MS }),
      );
    });
    // S3 deletes at midnight: what was written on the 29th is there until the 2nd.
    expect(await world.audit()).toMatchObject({
      counts: { removed: 1, undecided: 1 },
      report: { kept: DAYS_2 },
    });
    expect((await world.audit()).report.expiredUntilMs).toBeUndefined();
    world.nowMs += 12 * HOUR_MS;
    const expired = (await world.audit()).report;
    expect(expired).toMatchObject({ expiredUntilMs: NOON_MS + 12 * HOUR_MS, isAccountedFor: false });
  });

  it("because nobody may ask how long objects are kept, the oldest one tells", async () => {
    const world = worldWith((made) => {
      made.kept = { kind: "unknown" };
      made.oldestMs = NOON_MS - 10 * MINUTE_MS;
    });
    expect((await world.audit()).report.isAccountedFor).toBe(true);
    world.oldestMs = NOON_MS + 70 * MINUTE_MS;
    expect((await world.audit()).report).toMatchObject({ expiredUntilMs: NOON_MS + HOUR_MS, isAccountedFor: false });
    world.oldestMs = undefined;
    expect((await world.audit()).report.isAccountedFor).toBe(false);
  });

  it("because the archive was switched on later, an event that was written before may have been delivered", async () => {
    const found = await verdict((world) => {
      world.oldestMs = MET_MS;
      world.write(world.met({ id: "e1" }, MET_MS, { writtenAtMs: MET_MS - 5 * MINUTE_MS }));
    });
    expect(found.verdict?.kind).toBe("undecided");
    const fresh = await verdict((world) => {
      world.oldestMs = MET_MS;
    });
    expect(fresh.verdict?.kind).toBe("removed");
  });
});

describe("the window", () => {
  it("has what was met from its beginning up to its end, which is not part of it", async () => {
    const world = worldWith((made) => {
      for (const atMs of [NOON_MS - 1, NOON_MS, NOON_MS + HOUR_MS - 1, NOON_MS + HOUR_MS]) {
        made.write(made.met({ id: `met at ${atMs}` }, atMs));
      }
    });
    const { events } = await world.audit();
    expect(events.map(({ metAtMs }) => metAtMs).sort()).toEqual([NOON_MS, NOON_MS + HOUR_MS - 1]);
  });

  it("counts an event once, however often the stream brought it, and by its earliest times", async () => {
    const world = worldWith((made) => {
      made.write(made.met({ id: "e1" }, MET_MS, { writtenAtMs: MET_MS - 5 }));
      made.write(made.met({ id: "e1" }, MET_MS + 1_000, { writtenAtMs: MET_MS - 3 }));
    });
    expect((await world.audit()).events).toMatchObject([
      { metAtMs: MET_MS, writtenAtMs: MET_MS - 5, type: "order.placed" },
    ]);
  });

  it("counts beside them what was acknowledged in it, and met at another time or by no line", async () => {
    const world = worldWith((made) => {
      made.write(made.receipt({ id: "unmet" }, MET_MS), made.receipt({ id: "unmet" }, MET_MS + 1));
      made.write(made.receipt({ id: "later" }, NOON_MS + HOUR_MS));
    });
    expect(await world.audit()).toMatchObject({
      counts: { met: 0, acknowledged: 0, acknowledgedUnmet: 1, duplicates: 1 },
      report: { isAccountedFor: true },
    });
  });

  it("finds lines that were written hours later, and in an hour before by a clock that was set back", async () => {
    const world = worldWith((made) => {
      made.objects.push({ writtenAtMs: NOON_MS + 5 * HOUR_MS, lines: [made.met({ id: "late" }, MET_MS)] });
      made.objects.push({ writtenAtMs: NOON_MS - 10_000, lines: [made.met({ id: "early" }, NOON_MS)] });
    });
    expect((await world.audit()).counts.met).toBe(2);
  });

  it("looks for receipts no further back than a stream keeps a record", async () => {
    const world = worldWith((made) => {
      made.write(made.met({ id: "e1" }, MET_MS, { writtenAtMs: 0 }));
      made.write(made.receipt({ id: "e1" }, MET_MS - STREAM_KEEPS_MS));
    });
    const { report } = await world.audit();
    expect(report.counts.acknowledged).toBe(1);
    expect(report.lines).toBe(2);
  });
});

describe("an audit that is stopped", () => {
  it("says nothing", async () => {
    for (let calls = 1; calls < 12; calls += 1) {
      const world = worldWith((made) => {
        made.write(made.met({ id: "e1" }, MET_MS));
        made.put({ id: "e2" });
      });
      let left = calls;
      world.between = () => {
        left -= 1;
        if (left === 0) world.stopped = true;
      };
      await expect(world.audit()).rejects.toMatchObject({ name: "AuditStopped" });
    }
  });
});
