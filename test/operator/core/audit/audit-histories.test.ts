import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HOUR_MS, hourOf } from "../../../../lib/contract/archive/archive-gap.ts";
import { AuditWorld, MINUTE_MS, NOON_MS, type Told } from "./audit-world.ts";

const SEED = 20;
const WINDOW = { fromMs: NOON_MS, toMs: NOON_MS + HOUR_MS };

/** What befell an event, as only the test knows it. */
interface History {
  /** Of an ordering key, or by itself. */
  readonly isOrdered: boolean;
  readonly isNameless: boolean;
  readonly writtenMs: number;
  readonly metAfterMs: number;
  /** The stream brought its batch again. */
  readonly isMetAgain: boolean;
  readonly isMetLost: boolean;
  readonly deliveries: readonly Delivery[];
  readonly end: "delivered" | "waiting" | "quarantined" | "discarded" | "deleted";
}

interface Delivery {
  readonly afterMs: number;
  /** S3 refused its receipt, and the hour was noted. */
  readonly isLost: boolean;
  readonly isDropped: boolean;
  /** Nobody heard that the object was written, and it was written again. */
  readonly isTwice: boolean;
}

/** An end and a share of what may go wrong: worlds in which nothing does are half of all. */
function worldOf(canLose: boolean): fc.Arbitrary<readonly History[]> {
  const lost = canLose ? fc.integer({ min: 0, max: 9 }).map((each) => each === 0) : fc.constant(false);
  const within = (maxMs: number) => fc.integer({ min: 0, max: maxMs });
  const delivery = fc.record({
    ...{ afterMs: within(3 * HOUR_MS), isLost: lost, isDropped: fc.boolean(), isTwice: fc.boolean() },
  });
  const history = fc.record({
    ...{ isOrdered: fc.boolean(), isNameless: fc.integer({ min: 0, max: 9 }).map((each) => each === 0) },
    writtenMs: within(150 * MINUTE_MS).map((ms) => NOON_MS - 90 * MINUTE_MS + ms),
    metAfterMs: fc.oneof(within(2_000), within(HOUR_MS)),
    ...{ isMetAgain: fc.boolean(), isMetLost: lost, deliveries: fc.array(delivery, { maxLength: 3 }) },
    end: fc.constantFrom("delivered", "delivered", "waiting", "quarantined", "discarded", "deleted"),
  });
  return fc.array(history, { maxLength: 12 }) as fc.Arbitrary<readonly History[]>;
}

const isDelivered = ({ isNameless, deliveries }: History): boolean => !isNameless && deliveries.length > 0;
const isKept = (history: History): boolean => isDelivered(history) && history.deliveries.some(({ isLost }) => !isLost);
/** A row goes only after a delivery. */
const endOf = (history: History) => (history.end === "delivered" && !isDelivered(history) ? "waiting" : history.end);
const toldOf = ({ isOrdered, isNameless }: History, index: number): Told => ({
  ...(isOrdered || isNameless ? { pk: "k", sk: String(index + 1) } : {}),
  ...(isNameless ? {} : { id: `e${index}` }),
});

function play(histories: readonly History[]): AuditWorld {
  const world = new AuditWorld();
  for (const [index, history] of histories.entries()) {
    const event = toldOf(history, index);
    const metMs = history.writtenMs + history.metAfterMs;
    const met = () => world.met(event, metMs, { writtenAtMs: history.writtenMs });
    if (history.isMetLost) world.gaps.add(hourOf(metMs));
    else {
      world.write(met());
      if (history.isMetAgain) world.write(met());
    }
    for (const delivery of isDelivered(history) ? history.deliveries : []) {
      const atMs = history.writtenMs + delivery.afterMs;
      if (delivery.isLost) world.gaps.add(hourOf(atMs));
      else {
        const duplicate = delivery.isDropped ? { duplicate: true as const } : {};
        const line = world.receipt({ id: "", ...event }, atMs, duplicate);
        world.write(line);
        if (delivery.isTwice) world.write(line);
      }
    }
    const end = endOf(history);
    if (end === "waiting") world.put(event);
    if (end === "quarantined" || end === "discarded") world.setAside(event, end);
  }
  return world;
}

const isIn = ({ writtenMs, metAfterMs }: History): boolean =>
  writtenMs + metAfterMs >= WINDOW.fromMs && writtenMs + metAfterMs < WINDOW.toMs;

/** What the audit must say of an event, or may say where it cannot know. */
function allowed(history: History, hasGaps: boolean): readonly string[] {
  if (isKept(history)) return ["acknowledged"];
  switch (endOf(history)) {
    case "waiting":
      return ["waiting"];
    case "quarantined":
    case "discarded":
      return ["set-aside"];
    case "delivered":
      return ["undecided"];
    case "deleted":
      return hasGaps ? ["undecided", "removed"] : ["removed"];
  }
}

async function check(histories: readonly History[]): Promise<void> {
  const world = play(histories);
  const hasGaps = world.gaps.size > 0;
  const { events, counts, report } = await world.audit(WINDOW);
  const met = [...histories.entries()].filter(([, history]) => isIn(history) && !history.isMetLost);
  expect(counts.met).toBe(met.length);
  for (const [index, history] of met) {
    const { id, pk = id, sk = "1" } = toldOf(history, index);
    const found = events.find((event) => event.key.pk === pk && event.key.sk === sk && event.id === id);
    expect(allowed(history, hasGaps)).toContain(found?.verdict.kind ?? "acknowledged");
  }
  // Of what is told, a lost event is the only thing that matters; and where no line is missing, all is told.
  const isLost = (history: History) => isIn(history) && endOf(history) === "deleted" && !isKept(history);
  if (histories.some(isLost)) expect(report.isAccountedFor).toBe(false);
  if (!hasGaps) {
    expect(report.isAccountedFor).toBe(!histories.some(isLost));
    expect(counts.undecided).toBe(0);
  }
}

describe("an audit of any histories", () => {
  it("says exactly what became of each event, where no line is missing", async () => {
    await fc.assert(fc.asyncProperty(worldOf(false), check), { seed: SEED, numRuns: 200 });
  });

  it("is never wrong, where lines are missing", async () => {
    await fc.assert(fc.asyncProperty(worldOf(true), check), { seed: SEED, numRuns: 300 });
  });
});
