import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../../../lib/contract/archive/archive-gap.ts";
import { RECEIPT_WAIT_MS } from "../../../lib/core/archive/receipts.ts";
import { eventOf } from "../../aws/fixtures.ts";
import { ANSWER_LOST, NOTE_MS, OBJECT_MS, REFUSED } from "../../world/scripted-archive.ts";
import { archiveWorld } from "./archive-world.ts";

const FOREVER = () => REFUSED;

describe("receipts while the archive works", () => {
  it("are written at once, and their rows may go then", async () => {
    const { clock, archive, acknowledge, free, telemetry } = archiveWorld();
    await clock.run(() => acknowledge("a", "b"));
    expect(archive.kept).toEqual([["a", "b"]]);
    expect([...free]).toEqual([
      ["a", OBJECT_MS],
      ["b", OBJECT_MS],
    ]);
    expect(archive.notes).toEqual([]);
    expect(telemetry.total("ReceiptsMissing")).toBe(0);
  });

  it("have one object in flight, and all that came meanwhile in the next one", async () => {
    const { clock, archive, acknowledge, free } = archiveWorld();
    await clock.run(async () => {
      const first = acknowledge("a");
      await clock.sleep(10);
      const others = ["b", "c", "d"].map((id) => acknowledge(id));
      await Promise.all([first, ...others]);
    });
    expect(archive.kept).toEqual([["a"], ["b", "c", "d"]]);
    expect(archive.mostAtOnce).toBe(1);
    expect([free.get("a"), free.get("b"), free.get("d")]).toEqual([OBJECT_MS, 2 * OBJECT_MS, 2 * OBJECT_MS]);
  });

  it("of calls that are confirmed together leave in one object", async () => {
    const { clock, archive, acknowledge } = archiveWorld();
    await clock.run(() => Promise.all(["a", "b", "c"].map((id) => acknowledge(id))));
    expect(archive.kept).toEqual([["a", "b", "c"]]);
  });

  it("leave no timer behind", async () => {
    const { clock, counted, acknowledge, invocation } = archiveWorld();
    await clock.run(async () => {
      await acknowledge("a");
      expect(counted.timers).toBe(0);
      await invocation(() => acknowledge("b"));
    });
    expect(counted.timers).toBe(0);
  });

  it("take no timer for each call", async () => {
    const { clock, counted, acknowledge } = archiveWorld();
    await clock.run(async () => {
      const calls = Array.from({ length: 50 }, (_unused, index) => acknowledge(`e${index}`));
      await clock.sleep(1);
      expect(counted.timers).toBe(1);
      await Promise.all(calls);
    });
  });

  it("of no event are nothing", async () => {
    const { clock, archive, acknowledge } = archiveWorld();
    await clock.run(() => acknowledge());
    expect(archive.attempts).toEqual([]);
  });
});

describe("what the stream brought", () => {
  it("leaves with the first receipts: one event costs one object", async () => {
    const { clock, archive, acknowledge, meet, invocation } = archiveWorld();
    await clock.run(() =>
      invocation(async () => {
        meet("a");
        await clock.sleep(5_000);
        await acknowledge("a");
      }),
    );
    expect(archive.kept).toEqual([["a", "a"]]);
    expect(archive.objects[0]?.map(({ line }) => line.line)).toEqual(["met", "receipt"]);
    expect(archive.notes).toEqual([]);
  });

  it("is written by the end of the invocation where nothing is acknowledged", async () => {
    const { clock, counted, archive, meet, invocation } = archiveWorld();
    await clock.run(() => invocation(async () => meet("a", "b")));
    expect(archive.kept).toEqual([["a", "b"]]);
    expect([clock.now(), counted.timers]).toEqual([OBJECT_MS, 0]);
  });

  it("is noted as missing after 2 s, and the invocation ends", async () => {
    const { clock, counted, archive, telemetry, meet, invocation } = archiveWorld();
    archive.fate = FOREVER;
    await clock.run(() => invocation(async () => meet("a", "b")));
    expect([...archive.noted]).toEqual([0]);
    expect(clock.now()).toBe(RECEIPT_WAIT_MS + NOTE_MS);
    expect(telemetry.total("ReceiptsMissing")).toBe(2);
    expect(counted.timers).toBe(0);
  });

  it("belongs to the hour in which it came, whenever it is written", async () => {
    const { clock, archive, meet, invocation } = archiveWorld({ startMs: HOUR_MS - 10_000 });
    archive.fate = FOREVER;
    await clock.run(() =>
      invocation(async () => {
        meet("a");
        await clock.sleep(20_000);
      }),
    );
    expect([...archive.noted]).toEqual([0]);
  });
});

describe("a receipt that is not kept within 2 s", () => {
  it("is noted as missing first, lets its row go then, and is written later, in another object", async () => {
    const { clock, archive, acknowledge, free, telemetry } = archiveWorld();
    archive.fate = () => (clock.now() < 3_000 ? REFUSED : {});
    await clock.run(async () => {
      await acknowledge("a", "b");
      expect([...archive.noted]).toEqual([0]);
      expect(archive.kept).toEqual([]);
      await clock.sleep(20_000);
      await acknowledge("c");
    });
    expect(archive.notes).toEqual([{ atMs: RECEIPT_WAIT_MS, fromMs: 0 }]);
    expect(free.get("a")).toBe(RECEIPT_WAIT_MS + NOTE_MS);
    expect(archive.kept).toEqual([["a", "b", "c"]]);
    expect(telemetry.total("ReceiptsMissing")).toBe(2);
    expect(free.get("c")).toBe(RECEIPT_WAIT_MS + NOTE_MS + 20_000 + OBJECT_MS);
  });

  it("is tried again each half second while its row waits, and not after that", async () => {
    const { clock, counted, archive, acknowledge } = archiveWorld();
    archive.fate = FOREVER;
    await clock.run(async () => {
      await acknowledge("a");
      expect(counted.timers).toBe(0);
      await clock.sleep(60_000);
    });
    expect(archive.attempts.map(({ atMs }) => atMs)).toEqual([0, 550, 1_100, 1_650]);
  });

  it("is kept where the archive takes it in time", async () => {
    const { clock, counted, archive, acknowledge, free, telemetry } = archiveWorld();
    archive.fate = (attempt) => (attempt < 2 ? REFUSED : {});
    await clock.run(() => acknowledge("a"));
    expect(archive.kept).toEqual([["a"]]);
    expect(free.get("a")).toBe(1_150);
    expect([archive.notes.length, telemetry.total("ReceiptsMissing"), counted.timers]).toEqual([0, 0, 0]);
  });

  it("has the gap noted once for each hour and process", async () => {
    const { clock, archive, acknowledge } = archiveWorld({ startMs: HOUR_MS - 10_000 });
    archive.fate = FOREVER;
    await clock.run(async () => {
      await Promise.all(["a", "b", "c"].map((id) => acknowledge(id)));
      await acknowledge("d");
      await clock.sleep(20_000);
      await acknowledge("e");
      await acknowledge("f");
    });
    expect(archive.notes.map(({ fromMs }) => fromMs)).toEqual([0, HOUR_MS]);
  });

  it("is not written twice where its object is kept after all", async () => {
    const { clock, archive, acknowledge, free, telemetry } = archiveWorld();
    archive.fate = (attempt) => (attempt === 0 ? { ms: 4_000 } : {});
    await clock.run(async () => {
      await acknowledge("a");
      await clock.sleep(10_000);
      await acknowledge("b");
    });
    expect(free.get("a")).toBe(RECEIPT_WAIT_MS + NOTE_MS);
    expect(archive.kept).toEqual([["a"], ["b"]]);
    expect(telemetry.total("ReceiptsMissing")).toBe(1);
  });

  it("says the same as before where its object landed and nobody heard of it", async () => {
    const { clock, archive, acknowledge } = archiveWorld();
    archive.fate = (attempt) => (attempt === 0 ? ANSWER_LOST : {});
    await clock.run(() => acknowledge("a", "b"));
    expect(archive.kept).toEqual([
      ["a", "b"],
      ["a", "b"],
    ]);
    const [first, again] = archive.objects;
    expect(again).toEqual(first);
    expect(new Set(first?.map(({ note }) => note)).size).toBe(2);
  });
});

describe("an archive that is away", () => {
  it("is waited for once: later receipts are late as soon as their hour is noted", async () => {
    const { clock, archive, acknowledge, free, telemetry } = archiveWorld();
    archive.fate = FOREVER;
    await clock.run(async () => {
      await acknowledge("a");
      const awayMs = clock.now();
      for (const id of ["b", "c", "d"]) await acknowledge(id);
      expect(clock.now()).toBe(awayMs);
    });
    expect(free.size).toBe(4);
    expect(telemetry.total("ReceiptsMissing")).toBe(4);
  });

  it("is asked at most each half second", async () => {
    const { clock, archive, acknowledge } = archiveWorld();
    archive.fate = FOREVER;
    await clock.run(async () => {
      for (let index = 0; index < 100; index += 1) {
        await acknowledge(`e${index}`);
        await clock.sleep(100);
      }
    });
    const gaps = archive.attempts.slice(1).map(({ atMs }, index) => atMs - (archive.attempts[index]?.atMs ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500);
    expect(archive.attempts.length).toBeGreaterThan(15);
  });

  it("is waited for again once it has taken an object", async () => {
    const { clock, archive, acknowledge, free } = archiveWorld();
    archive.fate = () => (clock.now() < 3_000 ? REFUSED : {});
    await clock.run(async () => {
      await acknowledge("a");
      await clock.sleep(2_000);
      await acknowledge("b");
      expect(free.get("b")).toBe(RECEIPT_WAIT_MS + NOTE_MS + 2_000);
      await clock.sleep(1_000);
      const handedMs = clock.now();
      await acknowledge("c");
      expect(free.get("c")).toBe(handedMs + OBJECT_MS);
    });
    expect(archive.kept).toEqual([["a", "b"], ["c"]]);
  });

  it("is waited for again when nothing was tried for a while, so that an hour long after has no gap", async () => {
    const { clock, archive, acknowledge, free } = archiveWorld();
    archive.fate = () => (clock.now() < 3_000 ? REFUSED : {});
    await clock.run(async () => {
      await acknowledge("a");
      await clock.sleep(HOUR_MS);
      await acknowledge("b");
    });
    expect(free.get("b")).toBe(RECEIPT_WAIT_MS + NOTE_MS + HOUR_MS + OBJECT_MS);
    expect(archive.notes).toHaveLength(1);
  });
});

describe("much text", () => {
  const M = 1_000_000;
  /** An event whose receipt holds some more than this much text. */
  const large = (id: string, text: number) => eventOf({ id, data: "x".repeat(text) });

  it("is written in objects of a limited size, the oldest first", async () => {
    const { clock, archive, acknowledge, acknowledgeAll } = archiveWorld({ withPayload: true });
    await clock.run(async () => {
      const first = acknowledge("first");
      await clock.sleep(1);
      const calls = ["a", "b", "c", "d", "e"].map((id) => acknowledgeAll([large(id, 1.5 * M)]));
      await Promise.all([first, ...calls]);
    });
    expect(archive.kept).toEqual([["first"], ["a", "b"], ["c", "d"], ["e"]]);
  });

  it("that is late is given up beyond its limit, oldest first, and the rest is written later, some with each object", async () => {
    const { clock, archive, acknowledge, acknowledgeAll } = archiveWorld({ withPayload: true });
    archive.fate = () => (clock.now() < 60_000 ? REFUSED : {});
    await clock.run(async () => {
      for (let index = 0; index < 12; index += 1) await acknowledgeAll([large(`late${index}`, 0.9 * M)]);
      await clock.sleep(120_000);
      for (let index = 0; index < 10; index += 1) await acknowledge(`e${index}`);
    });
    // None is written for late lines alone.
    expect(archive.kept).toHaveLength(10);
    const kept = archive.kept.flat();
    const late = kept.filter((id) => id.startsWith("late"));
    expect(late).toEqual(Array.from({ length: 8 }, (_unused, index) => `late${index + 4}`));
    expect(kept).toHaveLength(18);
  });

  it("behind which the archive stays counts as away before 2 s have passed", async () => {
    const { clock, archive, acknowledgeAll, free, telemetry } = archiveWorld({ withPayload: true });
    archive.fate = () => ({ ms: 1_500 });
    await clock.run(() =>
      Promise.all(Array.from({ length: 12 }, (_unused, index) => acknowledgeAll([large(`e${index}`, 2 * M)]))),
    );
    expect(free.get("e11")).toBe(NOTE_MS);
    expect(telemetry.total("ReceiptsMissing")).toBe(12);
  });
});

describe("a receipt that can neither be kept nor noted", () => {
  it("holds its row until it is noted", async () => {
    const { clock, counted, archive, acknowledge, free, telemetry } = archiveWorld();
    archive.fate = FOREVER;
    archive.takesNotes = (attempt) => attempt >= 6;
    await clock.run(() => acknowledge("a", "b"));
    expect(archive.notes).toHaveLength(7);
    expect(free.get("a")).toBe(RECEIPT_WAIT_MS + 6 * (500 + NOTE_MS) + NOTE_MS);
    expect(telemetry.total("ReceiptsMissing")).toBe(2);
    expect(counted.timers).toBe(0);
  });

  it("holds its row until it is kept", async () => {
    const { clock, counted, archive, acknowledge, free, telemetry } = archiveWorld();
    archive.fate = () => (clock.now() < 30_000 ? REFUSED : {});
    archive.takesNotes = () => false;
    await clock.run(() => acknowledge("a"));
    expect(archive.kept).toEqual([["a"]]);
    expect(free.get("a")).toBeLessThan(31_000);
    expect(telemetry.total("ReceiptsMissing")).toBe(1);
    expect(counted.timers).toBe(0);
  });

  it("holds its row while its own hour cannot be noted, whatever other hours can", async () => {
    const { clock, archive, acknowledge, meet, free, invocation } = archiveWorld({ startMs: HOUR_MS - 1_000 });
    archive.fate = FOREVER;
    // Lines of two hours wait: the note of the first is taken, and that of the second is not.
    archive.takesNotes = (attempt) => attempt === 0;
    await clock.run(() =>
      invocation(async () => {
        meet("met");
        await clock.sleep(2_000);
        void acknowledge("a");
      }, 20_000),
    );
    expect([...archive.noted]).toEqual([0]);
    expect(free.size).toBe(0);
    expect(new Set(archive.notes.slice(1).map(({ fromMs }) => fromMs))).toEqual(new Set([HOUR_MS]));
  });

  it("asks for one note at a time, however many wait", async () => {
    const { clock, archive, acknowledge } = archiveWorld();
    archive.fate = FOREVER;
    archive.takesNotes = (attempt) => attempt >= 3;
    await clock.run(() => Promise.all(Array.from({ length: 40 }, (_unused, index) => acknowledge(`e${index}`))));
    expect(archive.notes).toHaveLength(4);
  });
});

it("tells of an object that is refused, and of a note that is", async () => {
  const { clock, archive, acknowledge, telemetry } = archiveWorld();
  archive.fate = FOREVER;
  archive.takesNotes = (attempt) => attempt > 0;
  await clock.run(() => acknowledge("a", "b"));
  const told = telemetry.logs.map(({ level, message, fields }) => [level, message.slice(0, 24), fields["lines"]]);
  expect(told.slice(0, 4)).toEqual(Array(4).fill(["warn", "The archive did not take", 2]));
  expect(told).toContainEqual(["warn", "It could not be noted th", undefined]);
  expect(telemetry.logs.every(({ fields }) => fields["error"] === "Error")).toBe(true);
});

describe("an invocation with an archive", () => {
  it("ends in time where nothing works, and leaves no timer", async () => {
    const { clock, counted, archive, acknowledge, free, invocation } = archiveWorld();
    archive.fate = FOREVER;
    archive.takesNotes = () => false;
    await clock.run(() => invocation(async () => void acknowledge("a"), 20_000));
    expect(clock.now()).toBe(20_000);
    expect([free.size, counted.timers]).toEqual([0, 0]);
  });

  it("goes on with what an earlier one has left", async () => {
    const { clock, counted, archive, acknowledge, free, invocation, telemetry } = archiveWorld();
    archive.fate = FOREVER;
    archive.takesNotes = () => false;
    await clock.run(() => invocation(async () => void acknowledge("a"), 20_000));
    const tried = archive.attempts.length;
    clock.skip(3_600_000);
    archive.fate = () => ({});
    await clock.run(() => invocation(async () => undefined));
    expect(archive.attempts).toHaveLength(tried + 1);
    expect(archive.kept).toEqual([["a"]]);
    expect(free.get("a")).toBe(20_000 + 3_600_000 + OBJECT_MS);
    expect([telemetry.total("ReceiptsMissing"), counted.timers]).toEqual([1, 0]);
  });

  it("begins nothing after its end, whatever comes then", async () => {
    const { clock, counted, archive, acknowledge, free, invocation } = archiveWorld();
    await clock.run(() => invocation(async () => undefined));
    await clock.run(async () => {
      void acknowledge("zombie");
      await clock.sleep(60_000);
    });
    expect([archive.attempts.length, counted.timers]).toEqual([0, 0]);
    await clock.run(() => invocation(async () => undefined));
    expect(archive.kept).toEqual([["zombie"]]);
    expect(free.size).toBe(1);
  });

  it("does not wait for an object that nobody waits for any more, and the next one hears of it", async () => {
    const { clock, counted, archive, acknowledge, invocation } = archiveWorld();
    archive.fate = (attempt) => (attempt === 0 ? { ms: 5_000, isKept: false } : {});
    await clock.run(() => invocation(() => acknowledge("a")));
    expect(clock.now()).toBe(RECEIPT_WAIT_MS + NOTE_MS);
    expect(counted.timers).toBe(0);
    clock.skip(60_000);
    await clock.run(() => invocation(() => acknowledge("b")));
    expect(archive.kept).toEqual([["a", "b"]]);
    expect(archive.mostAtOnce).toBe(1);
  });
});
