import { describe, expect, it } from "vitest";
import { MAX_PENDING_DELETES, placesOf } from "../../../../lib/core/delivery/deletes/places.ts";
import { times, type WorldOptions, worldOf } from "../../../world/world.ts";
import { MINUTE_MS } from "../../after-outage.ts";

const HANGS_MS = 60_000;
const EACH = 1_000;
/**
 * How much less time an invocation may take in which no check hangs, for there one bus has the budget of checks and all places
 * to itself.
 */
const SLOWER_MS = 400;

/** Two buses. The checks of one hang once this many were answered. Tells when the last row of the other was deleted. */
function twoBuses(answered: number, options: WorldOptions = {}) {
  const world = worldOf(options);
  const { clock, target, table, write } = world;
  let checks = 0;
  target.check = async (destination) => {
    if (destination === "waits") checks += 1;
    await clock.sleep(destination === "waits" && checks > answered ? HANGS_MS : 20);
    return "exists";
  };
  let lastDeletedMs = 0;
  const deleteRows = table.deleteRows.bind(table);
  table.deleteRows = async (rows) => {
    const left = await deleteRows(rows);
    if (rows.some(({ id }) => id.startsWith("other"))) lastDeletedMs = clock.now();
    return left;
  };
  const isOrdered = options.settings?.ordering === "per-key";
  /** As many events for each bus, in turn. */
  const records = times(2 * EACH, (index) => {
    const bus = index % 2 === 0 ? "waits" : "other";
    const order = { key: `k${index % 400}`, sequence: 1 + Math.floor(index / 400) };
    return write({ id: `${bus}/${index}`, destination: bus, ...(isOrdered ? { order } : {}) });
  });
  const idsLeft = () => [...table.items.values()].flatMap((item) => item["id"]?.S ?? []);
  /** How long it takes until the other bus has all its events, and until the invocation ends. */
  async function timed(work: () => Promise<unknown>) {
    const startMs = clock.now();
    await work();
    expect(idsLeft().filter((id) => id.startsWith("other"))).toEqual([]);
    return { otherMs: lastDeletedMs - startMs, allMs: clock.now() - startMs };
  }
  return { ...world, records, timed };
}

const ORDERINGS = ["none", "per-key"] as const;
/** How many checks are answered: none, or the one before that which is to confirm the published events. */
const ANSWERED = [0, 1] as const;

describe("a bus that waits for its check delays its own events only", () => {
  for (const ordering of ORDERINGS) {
    for (const answered of ANSWERED) {
      it(`in the relay, ordering ${ordering}, after ${answered} checks that were answered`, async () => {
        const options = { concurrency: 32, settings: { ordering } };
        const well = twoBuses(Number.POSITIVE_INFINITY, options);
        const without = await well.timed(() => well.relayProcess().invoke(well.records));
        const world = twoBuses(answered, options);
        const { otherMs, allMs } = await world.timed(() => world.relayProcess().invoke(world.records));
        expect(allMs).toBeGreaterThanOrEqual(2_000);
        expect(otherMs).toBeLessThan(without.otherMs + SLOWER_MS);
      });
    }
  }

  for (const answered of ANSWERED) {
    it(`in the requeuer's sweep, after ${answered} checks that were answered`, async () => {
      const swept = (world: ReturnType<typeof twoBuses>) => {
        world.clock.skip(6 * MINUTE_MS);
        return world.timed(() => world.requeuerProcess().invoke());
      };
      const without = await swept(twoBuses(Number.POSITIVE_INFINITY));
      const { otherMs, allMs } = await swept(twoBuses(answered));
      expect(allMs).toBeGreaterThanOrEqual(5_000);
      expect(otherMs).toBeLessThan(without.otherMs + SLOWER_MS);
    });
  }
});

describe("the places of a process", () => {
  it("are all one destination's, as long as there is one", () => {
    const places = placesOf();
    places.take("a", MAX_PENDING_DELETES - 10);
    expect(places.fits("a", 10, 0)).toBe(true);
    expect(places.fits("a", 11, 0)).toBe(false);
    expect(places.fits("a", 10, 1)).toBe(false);
    expect(places.enough("a", 0)).toBe(MAX_PENDING_DELETES / 2);
  });

  it("are shared out among several: one that gives none back leaves the others theirs", () => {
    const places = placesOf();
    for (const destination of ["hangs", "other"]) places.expect(destination);
    while (places.fits("hangs", 10, 0)) places.take("hangs", 10);
    let taken = 0;
    for (; places.fits("other", 10, 0); taken += 10) places.take("other", 10);
    expect(taken).toBeGreaterThanOrEqual(150);
    expect(places.fits("third", 10, 0)).toBe(true);
    // As few acknowledged events are confirmed at a time as there can be.
    expect(places.enough("other", 0)).toBeLessThan(taken);
    places.giveBack("hangs", 500);
    expect(places.fits("other", 10, 0)).toBe(true);
  });

  it("let a destination make two calls however many others hold, and one that is larger than all of them go alone", () => {
    const places = placesOf();
    expect(places.fits("a", 2 * MAX_PENDING_DELETES, 0)).toBe(true);
    expect(places.fits("a", 2 * MAX_PENDING_DELETES, 1)).toBe(false);
    places.expect("b");
    places.take("a", 500);
    expect(places.fits("a", 500, 0)).toBe(true);
    expect(places.fits("b", 500, 0)).toBe(true);
    places.take("b", 490);
    expect(places.fits("c", 10, 0)).toBe(true);
  });
});
