import { describe, expect, it } from "vitest";
import { REFUSED } from "../../world/scripted-archive.ts";
import { DOWN } from "../../world/scripted-target.ts";
import { TIMEOUT_MS, times, type WorldOptions, worldOf } from "../../world/world.ts";

const RELAY_MS = TIMEOUT_MS - 1_000;
const RUN_MS = TIMEOUT_MS - 5_000;
const archivedWorld = (options: WorldOptions = {}) => worldOf({ isArchived: true, ...options });

describe("a relay with an archive", () => {
  it("pays one object for a batch of one event", async () => {
    const { relayProcess, write, archive, table, clock } = archivedWorld();
    const startMs = clock.now();
    await relayProcess().invoke([write()]);
    expect(archive.kept).toEqual([["e1", "e1"]]);
    expect(table.items.size).toBe(0);
    expect(clock.now() - startMs).toBeLessThan(200);
  });

  it("says of each record what it was, and of each acknowledged event by whom and in how many calls", async () => {
    const { relayProcess, write, archive, target } = archivedWorld();
    target.script = ({ id }, attempt) => (id === "e2" && attempt < 2 ? DOWN : undefined);
    await relayProcess().invoke(times(2, () => write()));
    const lines = archive.objects.flat().map(({ line }) => line);
    expect(lines.filter(({ line }) => line === "met").map(({ id }) => id)).toEqual(["e1", "e2"]);
    const receipts = lines.flatMap((line) => (line.line === "receipt" ? [[line.id, line.role, line.attempts]] : []));
    expect(receipts.toSorted()).toEqual([
      ["e1", "relay", 1],
      ["e2", "relay", 2],
    ]);
  });

  it("tells what it met where nothing is acknowledged", async () => {
    const { relayProcess, write, archive, target, table } = archivedWorld();
    target.script = () => ({ ...DOWN, class: "permanent", scope: "event" });
    await relayProcess().invoke(times(3, () => write()));
    expect(archive.kept).toEqual([["e1", "e2", "e3"]]);
    expect(table.items.size).toBe(3);
  });

  it("has no receipt for an event that was not acknowledged", async () => {
    const { relayProcess, write, archive, target } = archivedWorld();
    target.script = ({ id }) => (id === "e2" ? DOWN : undefined);
    await relayProcess().invoke(times(3, () => write()));
    const ids = archive.objects.flat().flatMap(({ line }) => (line.line === "receipt" ? [line.id] : []));
    expect(ids.toSorted()).toEqual(["e1", "e3"]);
  });

  it("goes on without an archive that refuses: 2 s for the first batch, and none for those behind it", async () => {
    const { relayProcess, write, archive, table, clock } = archivedWorld();
    archive.fate = () => REFUSED;
    const { invoke, telemetry } = relayProcess();
    const startMs = clock.now();
    await invoke(times(30, () => write()));
    expect(clock.now() - startMs).toBeLessThan(2_300);
    const secondMs = clock.now();
    await invoke(times(30, () => write()));
    expect(clock.now() - secondMs).toBeLessThan(200);
    expect(table.items.size).toBe(0);
    expect(archive.noted.size).toBe(1);
    expect(telemetry.total("ReceiptsMissing")).toBe(120);
  });

  it("answers by its deadline where neither archive nor note can be written, and keeps the rows", async () => {
    const { relayProcess, write, archive, table, target, clock } = archivedWorld();
    archive.fate = () => REFUSED;
    archive.takesNotes = () => false;
    const { invoke, telemetry } = relayProcess();
    const startMs = clock.now();
    const batch = times(3, () => write());
    expect(await invoke(batch)).toEqual({});
    expect(clock.now() - startMs).toBe(RELAY_MS);
    expect(table.items.size).toBe(3);
    expect(telemetry.total("DuplicatesPossible", "delete-failed")).toBe(3);
    archive.fate = () => ({});
    clock.skip(60_000);
    await invoke(batch);
    expect(table.items.size).toBe(0);
    expect(target.delivered).toEqual(["e1", "e2", "e3"]);
    expect(archive.noted.size).toBe(0);
  });

  it("in order deletes a row after its receipt, too", async () => {
    const { relayProcess, write, archive, table, target } = archivedWorld({ settings: { ordering: "strict" } });
    const seen: number[] = [];
    archive.fate = () => {
      seen.push(table.items.size);
      return {};
    };
    await relayProcess().invoke(times(3, (index) => write({ order: { key: "k", sequence: index + 1 } })));
    expect(target.delivered).toEqual(["e1", "e2", "e3"]);
    expect(seen[0]).toBe(3);
    expect(table.items.size).toBe(0);
  });
});

describe("a requeuer with an archive", () => {
  it("is named by the receipts of what it delivers, and writes nothing of what it met", async () => {
    const { requeuerProcess, write, archive, table, clock } = archivedWorld();
    times(2, () => write());
    clock.skip(3_600_000);
    await requeuerProcess().invoke();
    const lines = archive.objects.flat().map(({ line }) => line);
    expect(lines.map((line) => line.line === "receipt" && line.role)).toEqual(["requeuer", "requeuer"]);
    expect(table.items.size).toBe(0);
  });

  it("publishes nothing while rows of an earlier run wait for archive or note", async () => {
    const { requeuerProcess, write, archive, table, target, clock } = archivedWorld();
    archive.fate = () => REFUSED;
    archive.takesNotes = () => false;
    const { invoke } = requeuerProcess();
    write();
    clock.skip(3_600_000);
    const startMs = clock.now();
    await invoke();
    expect(clock.now() - startMs).toBeLessThanOrEqual(RUN_MS + 1_000);
    write();
    clock.skip(3_600_000);
    expect(await invoke()).toBe("incomplete");
    expect(target.delivered).toEqual(["e1"]);
    archive.takesNotes = () => true;
    clock.skip(3_600_000);
    await invoke();
    expect(target.delivered).toEqual(["e1", "e2"]);
    expect(table.items.size).toBe(0);
  });
});

describe.each(["archive.write", "archive.noteMissing"])("an archive that never answers: %s", (call) => {
  it("keeps the relay no longer than it has time, and a later invocation is done with the rest", async () => {
    const { relayProcess, write, archive, table, target, hangs, clock } = archivedWorld();
    hangs.add(call);
    if (call === "archive.noteMissing") archive.fate = () => REFUSED;
    const { invoke } = relayProcess();
    const batch = times(5, () => write());
    const startMs = clock.now();
    await invoke(batch);
    expect(clock.now() - startMs).toBeLessThanOrEqual(call === "archive.write" ? 2_500 : RELAY_MS);
    hangs.clear();
    archive.fate = () => ({});
    clock.skip(60_000);
    await invoke(batch);
    expect(table.items.size).toBe(0);
    expect(target.delivered).toHaveLength(5);
    await invoke([write()]);
    expect(archive.kept.flat().filter((id) => id === "e1").length).toBeGreaterThanOrEqual(1);
  });
});

it("an object that hangs is given up after a while, and the next one is written", async () => {
  const { relayProcess, write, archive, hangs, clock } = archivedWorld();
  const { invoke } = relayProcess();
  hangs.add("archive.write");
  await invoke([write()]);
  hangs.clear();
  clock.skip(15_000);
  await invoke([write()]);
  expect(archive.kept.flat()).toEqual(["e1", "e1", "e2", "e2"]);
});
