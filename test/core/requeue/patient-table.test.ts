import { describe, expect, it } from "vitest";
import type { OutboxTable } from "../../../lib/core/ports.ts";
import { MAX_REFUSALS, patientTable } from "../../../lib/core/requeue/throttled-table-reads.ts";
import { memoryTable } from "../../world/memory-table.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";
import { times } from "../../world/world.ts";

const NO_TIME = (_read: number): number => 0;

/** A table of which each read takes a while and is refused as `isRefused` says, by its number from 1 up. */
function patientWorld(isRefused: (read: number) => boolean, { untilMs = 60_000, readMs = NO_TIME } = {}) {
  const clock = new VirtualClock(0);
  const telemetry = new RecordingTelemetry();
  const readsAtMs: number[] = [];
  const table: OutboxTable = {
    ...memoryTable(clock, 0),
    async scan() {
      const read = readsAtMs.push(clock.now());
      await clock.sleep(readMs(read));
      if (isRefused(read)) throw new Error(`refused ${read}`);
      return { rows: [] };
    },
  };
  // The longest waits that jitter may make.
  const patient = patientTable(table, { clock, random: () => 1, telemetry }, untilMs);
  const refusals = () => telemetry.logs.map(({ fields }) => fields["refusals"]);
  return { clock, patient, readsAtMs, refusals, telemetry };
}

const scan = { limit: 100 };

describe("a read that the table refuses", () => {
  it("is made again after waits that double up to five seconds, and fails after eight refusals in a row", async () => {
    const { clock, patient, readsAtMs, refusals, telemetry } = patientWorld(() => true);
    await expect(clock.run(() => patient.scan(scan))).rejects.toThrow(`refused ${MAX_REFUSALS}`);
    const waits = readsAtMs.slice(1).map((atMs, index) => atMs - (readsAtMs[index] ?? 0));
    expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000]);
    expect(refusals()).toEqual(times(MAX_REFUSALS, (index) => index + 1));
    expect(telemetry.logs).toMatchObject(times(MAX_REFUSALS, () => ({ level: "warn", fields: { error: "Error" } })));
  });

  it("fails at once where the next one would come after the end of the run", async () => {
    const { clock, patient, readsAtMs } = patientWorld(() => true, { untilMs: 700 });
    await expect(clock.run(() => patient.scan(scan))).rejects.toThrow("refused 3");
    expect(readsAtMs).toEqual([0, 100, 300]);
  });

  it("counts from the beginning again once a read was answered", async () => {
    const { clock, patient, refusals } = patientWorld((read) => read % 3 !== 0);
    for (let reads = 0; reads < 8; reads += 1) await clock.run(() => patient.scan(scan));
    expect(refusals()).toEqual(times(8, () => [1, 2]).flat());
  });

  it("slows the reads beside it, which begin no sooner than it is made again", async () => {
    const { clock, patient, readsAtMs } = patientWorld((read) => read === 1);
    await clock.run(async () => {
      const first = patient.scan(scan);
      await clock.sleep(10);
      await Promise.all([first, patient.scan(scan)]);
    });
    expect(readsAtMs).toEqual([0, 100, 100]);
  });

  it("is one refusal together with those that were begun before it was refused", async () => {
    for (const readMs of [NO_TIME, (read: number) => 10 * read]) {
      const { clock, patient, refusals } = patientWorld((read) => read <= 3, { readMs });
      await clock.run(() => Promise.all(times(3, () => patient.scan(scan))));
      expect(refusals()).toEqual([1]);
    }
  });

  it("is not forgotten for an answer to a read that was begun before it", async () => {
    const { clock, patient, refusals } = patientWorld((read) => read === 1 || read === 3, {
      readMs: (read) => (read === 2 ? 50 : 0),
    });
    await clock.run(() => Promise.all([patient.scan(scan), patient.scan(scan)]));
    expect(refusals()).toEqual([1, 2]);
  });
});

describe("what else a run asks of the table", () => {
  const refusedOnce = () => {
    const clock = new VirtualClock(0);
    const asked: string[] = [];
    const answerOf = (name: string) => async () => {
      asked.push(name);
      if (asked.filter((each) => each === name).length === 1) throw new Error("refused");
    };
    const names = [
      "deleteRows",
      "mark",
      "markSeen",
      "acquireLease",
      "releaseLease",
      "readRows",
      "scan",
      "count",
    ] as const;
    const table = Object.fromEntries(names.map((name) => [name, answerOf(name)])) as unknown as OutboxTable;
    const patient = patientTable(table, { clock, random: () => 0, telemetry: new RecordingTelemetry() }, 60_000);
    return { clock, asked, patient };
  };
  const key = { pk: "a", sk: "1" };

  it("is made again where it reads or is about the lease", async () => {
    const { clock, asked, patient } = refusedOnce();
    await clock.run(() => patient.acquireLease("me", 0, 1));
    await clock.run(() => patient.releaseLease("me"));
    await clock.run(() => patient.readRows([key]));
    await clock.run(() => patient.scan(scan));
    await clock.run(() => patient.count(undefined));
    expect(asked).toEqual(
      ["acquireLease", "releaseLease", "readRows", "scan", "count"].flatMap((name) => [name, name]),
    );
  });

  it("is left to callers where it writes, for they know what it means if the first one landed", async () => {
    const { clock, asked, patient } = refusedOnce();
    await expect(clock.run(() => patient.deleteRows([]))).rejects.toThrow("refused");
    const mark = { notBeforeMs: 0, attempts: 1, reason: "" };
    await expect(clock.run(() => patient.mark(key, mark))).rejects.toThrow("refused");
    await expect(clock.run(() => patient.markSeen(key, 0))).rejects.toThrow("refused");
    expect(asked).toEqual(["deleteRows", "mark", "markSeen"]);
  });
});
