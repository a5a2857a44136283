import { describe, expect, it } from "vitest";
import type { RowKey } from "../../../../lib/contract/event.ts";
import { DEFAULT_REQUEUE_BACKOFF } from "../../../../lib/contract/settings/settings.ts";
import { parkingFor } from "../../../../lib/core/delivery/park.ts";
import { lateDestinations } from "../../../../lib/core/requeue/late-destinations.ts";
import type { ProbingDelivery } from "../../../../lib/core/requeue/probing-delivery.ts";
import { rowsInHand } from "../../../../lib/core/requeue/rows-in-hand.ts";
import { backlogAges } from "../../../../lib/core/requeue/sweep/backlog-ages.ts";
import { sweepOf } from "../../../../lib/core/requeue/sweep/sweep.ts";
import { RecordingTelemetry } from "../../../world/recording-telemetry.ts";
import { DOWN } from "../../../world/scripted-target.ts";
import { times, worldOf } from "../../../world/world.ts";
import { afterOutage, MINUTE_MS } from "../../after-outage.ts";
import { orderedWorld, upTo } from "../../ordered/ordered-world.ts";

/** Delivery to one destination that takes everything. */
const TAKES_ALL: ProbingDelivery = {
  deliver: async (events) => events.map((event) => ({ kind: "acknowledged", event })),
  destinationOf: () => "default",
  expect: () => undefined,
  isUnavailable: () => false,
  areSeveral: () => false,
  allFailed: () => false,
};

/** The places where the scans of a run's sweep begin, in their order. */
async function segmentsVisited(seed: number): Promise<readonly number[]> {
  const { requeuerProcess, table, clock, write } = worldOf({ seed });
  write();
  clock.skip(10 * MINUTE_MS);
  const visited: number[] = [];
  const scan = table.scan;
  table.scan = (from) => {
    if (from.segment !== undefined) visited.push(from.segment.index);
    return scan(from);
  };
  await requeuerProcess().invoke();
  return visited;
}

describe("the sweep", () => {
  it("visits every part of the table once, in an order that chance decides", async () => {
    const orders = [await segmentsVisited(1), await segmentsVisited(2), await segmentsVisited(3)];
    for (const order of orders) expect(order.toSorted((one, other) => one - other)).toEqual(times(16, (each) => each));
    expect(new Set(orders.map(String)).size).toBe(3);
  });

  it("begins nothing once its time is up", async () => {
    const { table, deadLetters, clock, random, write } = worldOf();
    write();
    const telemetry = new RecordingTelemetry();
    const ports = { table, deadLetters, clock, random, telemetry };
    const sweep = sweepOf({
      ...ports,
      parking: parkingFor({ ...ports, requeueBackoff: DEFAULT_REQUEUE_BACKOFF }),
      delivery: TAKES_ALL,
      late: lateDestinations(clock),
      inHand: rowsInHand(),
      ages: backlogAges(() => false),
      minAgeMs: 0,
    });
    await clock.run(() => sweep.advance(clock.now()));
    expect(table.requests).toEqual([]);
    await clock.run(() => sweep.advance(clock.now() + 1));
    expect(table.requests).toContain("scan");
  });

  it("takes of the rows that it passes those alone that are due: not a younger one, and none that rests", async () => {
    const { requeuerProcess, target, clock, write } = worldOf();
    write({ id: "due" });
    write({ id: "rests" }, (item) => ({ ...item, _notBefore: { N: String(clock.now() + 60 * MINUTE_MS) } }));
    clock.skip(10 * MINUTE_MS);
    write({ id: "young" });
    await requeuerProcess().invoke();
    expect(target.delivered).toEqual(["due"]);
  });

  it("takes a row with a place in a sequence as any other where nothing is kept in order", async () => {
    const { requeuerProcess, target, clock, write } = worldOf();
    times(3, (index) => write({ order: { key: "k", sequence: index + 1 } }));
    clock.skip(10 * MINUTE_MS);
    await requeuerProcess().invoke();
    expect(target.delivered.toSorted()).toEqual(["e1", "e2", "e3"]);
  });

  it("leaves the events of an ordering key to the key's drain, and counts what that delivers", async () => {
    const { requeuerProcess, table, deadLetters, clock, write, writeEvents, deliveries, requeueFor, target } =
      orderedWorld();
    writeEvents("k", 30);
    writeEvents("l", 20);
    write({ id: "unordered" });
    clock.skip(10 * MINUTE_MS);
    const scan = table.scan;
    // A page may name no parked keys.
    table.scan = async (from) => {
      const { parkedKeys: _none, ...page } = await scan(from);
      return page;
    };
    const requeuer = requeuerProcess();
    // A key is parked first, for as long as a relay may be at it.
    await requeueFor(1, requeuer);
    expect(target.delivered).toEqual(["unordered"]);
    // So that the sweep finds the key again, and not its dead letter.
    deadLetters.purge();
    await requeueFor(2, requeuer);
    expect(deliveries("k")).toEqual(upTo(30));
    expect(deliveries("l")).toEqual(upTo(20));
    expect(requeuer.telemetry.total("EventsSwept")).toBe(51);
    expect(requeuer.telemetry.total("IncompleteRuns")).toBe(0);
  });

  it("goes on for a destination that only rows tell of, when the one with dead letters fails", async () => {
    const { requeuerProcess, target, clock, write } = await afterOutage(3);
    times(3, () => write({ destination: "sound" }));
    clock.skip(10 * MINUTE_MS);
    target.script = ({ destination }) => (destination === "sound" ? undefined : DOWN);
    await requeuerProcess().invoke();
    expect(target.delivered.toSorted()).toEqual(["e4", "e5", "e6"]);
  });

  it("does not go on for a destination whose rows all rest", async () => {
    const { requeuerProcess, target, table, clock, write } = await afterOutage(3);
    const rests = { _attempts: { N: "1" }, _notBefore: { N: String(clock.now() + 60 * MINUTE_MS) } };
    write({ destination: "sound" }, (item) => ({ ...item, ...rests }));
    clock.skip(10 * MINUTE_MS);
    target.script = () => DOWN;
    table.requests.length = 0;
    await requeuerProcess().invoke();
    // The sample's.
    expect(table.requests.filter((operation) => operation === "scan")).toHaveLength(1);
  });

  it("looks at the next pages while the rows of these are delivered", async () => {
    const { requeuerProcess, target, table, clock, write } = worldOf();
    times(8_000, () => write());
    clock.skip(10 * MINUTE_MS);
    const scansAt: number[] = [];
    const scan = table.scan;
    table.scan = (from) => {
      if (from.segment !== undefined) scansAt.push(clock.now());
      return scan(from);
    };
    await requeuerProcess().invoke();
    expect(table.items.size).toBe(0);
    const [first = 0, last = 0] = [target.calls[0]?.atMs, target.calls.at(-1)?.atMs];
    expect(scansAt.filter((atMs) => atMs > first && atMs < last).length).toBeGreaterThan(4);
  });

  it("delivers what it has seen when the table refuses to be read on, and says that the run was not whole", async () => {
    const { requeuerProcess, target, table, clock, write } = worldOf();
    times(2_000, () => write());
    clock.skip(10 * MINUTE_MS);
    const scan = table.scan;
    let looks = 0;
    table.scan = async (from) => {
      if (from.segment !== undefined && ++looks > 4) throw new Error("The table cannot be read");
      return scan(from);
    };
    const { invoke, telemetry } = requeuerProcess();
    expect(await invoke()).toBe("incomplete");
    expect(telemetry.logs.at(-1)?.fields["error"]).toContain("The table cannot be read");
    expect(target.delivered.length).toBeGreaterThan(100);
    expect(table.items.size).toBe(2_000 - target.delivered.length);
  });

  it("reads few rows of a destination that failed in this run", async () => {
    const { requeuerProcess, target, table, clock, write } = worldOf();
    times(4_000, (index) => write(index % 2 === 0 ? { destination: "dead" } : {}));
    clock.skip(10 * MINUTE_MS);
    target.script = ({ destination }) => (destination === "dead" ? DOWN : undefined);
    const read: RowKey[] = [];
    let emptyReads = 0;
    const readRows = table.readRows.bind(table);
    table.readRows = (keys) => {
      read.push(...keys);
      if (keys.length === 0) emptyReads += 1;
      return readRows(keys);
    };
    await requeuerProcess().invoke();
    expect(table.items.size).toBe(2_000);
    expect(emptyReads).toBe(0);
    const dead = read.filter((key) => table.item(key)?.["destination"]?.S === "dead");
    // The events of the eight chunks under way while the destination was probed.
    expect(dead.length).toBeLessThanOrEqual(8 * 100);
  });

  it("tells in the dead letter of a malformed row when it found the row", async () => {
    const { requeuerProcess, deadLetters, clock, write } = worldOf();
    write({ id: "e1" }, ({ source: _source, ...item }) => item);
    clock.skip(10 * MINUTE_MS);
    const beganMs = clock.now();
    await requeuerProcess().invoke();
    const [deadLetter] = deadLetters.bodies;
    expect(deadLetter).toMatchObject({ pk: "e1", code: "MalformedRow" });
    expect(Date.parse(String(deadLetter?.["firstFailure"]))).toBeGreaterThanOrEqual(beganMs);
  });

  it("counts a row as delivered by another only where it is gone, and not where it rests by now", async () => {
    const { requeuerProcess, table, clock, write } = worldOf();
    write({ id: "gone" });
    write({ id: "rests" });
    clock.skip(10 * MINUTE_MS);
    const readRows = table.readRows.bind(table);
    // Between the scan and the read.
    table.readRows = async (keys) => {
      const rows = await readRows(keys);
      return rows.flatMap((row) =>
        row.key.pk === "gone" ? [] : [{ ...row, marks: { attempts: 1, notBeforeMs: clock.now() + MINUTE_MS } }],
      );
    };
    const { invoke, telemetry } = requeuerProcess();
    await invoke();
    expect(telemetry.total("DuplicatesAvoided")).toBe(1);
  });
});
