import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../setup/eventually.ts";
import { Harness } from "./harness/harness.ts";

let harness: Harness;

beforeAll(async () => {
  harness = await Harness.open("MissingBusTest");
});

afterAll(() => harness.close());
// A test that fails in between must not leave the others without a target.
afterEach(() => harness.bus.recreate());
beforeEach(() => harness.reset());

const AWAY_FOR_EVENTS = 100;

/**
 * EventBridge acknowledges events for a bus that does not exist, so every event of this test is acknowledged. README names the
 * case that cannot be seen: an event is acknowledged while the bus is away, and the check comes after the bus is back. So when
 * the bus comes back, no event may be between the two: all that was written is parked by then, and the requeuer is kept from
 * running. The moment of the deletion needs no such care, and traffic goes on through it.
 */
describe("a bus deleted and made again under traffic", () => {
  it("loses no event, and repeats only what was acknowledged just before the bus was found missing", async () => {
    let confirmed: readonly string[] = [];
    const before = await harness.withoutRequeuer(async () => {
      const written = await harness.whileWriting(async (ids) => {
        await eventually(
          "100 events are written",
          () => ids.length >= 100,
          () => `${ids.length} are.`,
        );
        await harness.untilDelivered([...ids]);
        await harness.bus.delete();
        const already = ids.length;
        await eventually(
          `${AWAY_FOR_EVENTS} events more are written while the bus is away`,
          () => ids.length - already >= AWAY_FOR_EVENTS,
          () => `${ids.length - already} are.`,
        );
      });
      confirmed = await confirmedOf(written);
      await harness.untilParked(written.filter((id) => !confirmed.includes(id)));
      await harness.bus.recreate();
      return written;
    });
    const missing = before.filter((id) => !confirmed.includes(id));
    expect(missing.length).toBeGreaterThanOrEqual(AWAY_FOR_EVENTS);
    // The confirmed events had arrived before the bus went away.
    expect(harness.copiesOf(confirmed).filter((copies) => copies === 0)).toEqual([]);

    const ids = [...before, ...(await harness.outbox.write(100))];
    await harness.untilRecovered(ids);
    const { busUnconfirmed: _allowed, ...others } = harness.duplicates(ids);
    expect(others).toEqual({ answerDropped: 0, answerLate: 0, publishedAgain: 0, unexplained: 0 });
  });

  /** Waits until the relay is done with all events, and tells which of them have left the table. */
  async function confirmedOf(ids: readonly string[]): Promise<readonly string[]> {
    let left: ReadonlySet<string> = new Set();
    await eventually(
      "every event is parked or gone",
      async () => {
        const [rows, parked] = await Promise.all([harness.outbox.items(), harness.parkedIds()]);
        left = new Set(rows.flatMap(({ id }) => id?.S ?? []));
        const deadLetters = new Set(parked);
        return [...left].every((id) => deadLetters.has(id));
      },
      () => `${left.size} rows are left.`,
    );
    return ids.filter((id) => !left.has(id));
  }
});
