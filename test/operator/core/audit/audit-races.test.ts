import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../../../dev/demo/seeded-random.ts";
import { HOUR_MS, hourOf } from "../../../../lib/contract/archive/archive-gap.ts";
import { AuditWorld, type Call, MINUTE_MS, NOON_MS } from "./audit-world.ts";

/**
 * Relay, requeuer, operators and somebody with a console go on while an audit reads: between any two of its reads some of
 * them take a step. No event that was always somewhere may be taken for a removed one.
 */
const SEED = 30;
const EVENTS = 6;

class LiveWorld extends AuditWorld {
  readonly #random: () => number;
  readonly #ids = Array.from({ length: EVENTS }, (_unused, index) => `e${index}`);
  /** Events whose receipt is kept, or whose hour is noted: their rows may go. */
  readonly #mayGo = new Set<string>();
  readonly #releasing: string[] = [];
  /** Removed by hand, without a delivery before. */
  readonly lost = new Set<string>();
  readonly receipted = new Set<string>();
  readonly #calm: boolean;

  constructor(seed: number, calm: boolean) {
    super();
    this.#random = seededRandom(seed);
    this.#calm = calm;
    for (const id of this.#ids) {
      const metMs = NOON_MS + 10 * MINUTE_MS;
      this.write(this.met({ id }, metMs));
      this.put({ id });
    }
    for (let step = 0; step < 10; step += 1) this.step();
    // What comes next comes minutes later.
    this.nowMs += HOUR_MS;
    this.between = () => {
      while (this.#random() < 0.6) this.step();
    };
  }

  #has(id: string): boolean {
    return this.rows.has(`1/${id}`);
  }

  #entryOf(id: string) {
    return [...this.aside.values()].find((aside) => aside.id === id && aside.place === "quarantined");
  }

  step(): void {
    this.nowMs += Math.floor(this.#random() * 500);
    const id = this.#ids[Math.floor(this.#random() * EVENTS)] ?? "";
    const steps = [this.#deliver, this.#delete, this.#setAside, this.#askForRelease, this.#release, this.#discard];
    if (this.#calm) steps.push(this.#removeByHand);
    steps[Math.floor(this.#random() * steps.length)]?.call(this, id);
  }

  #deliver(id: string): void {
    if (!this.#has(id)) return;
    if (this.#random() < 0.9) {
      this.write(this.receipt({ id }, this.nowMs));
      this.receipted.add(id);
    } else this.gaps.add(hourOf(this.nowMs));
    this.#mayGo.add(id);
  }

  #delete(id: string): void {
    if (this.#mayGo.has(id)) this.remove({ id });
  }

  #setAside(id: string): void {
    if (!this.#has(id)) return;
    this.act("quarantine");
    this.remove({ id });
    this.setAside({ id });
  }

  /** A command selects what is quarantined before it is on record, and moves it after that. */
  #askForRelease(): void {
    const selected = [...this.aside.values()].filter(({ place }) => place === "quarantined");
    if (selected.length === 0) return;
    this.act("release");
    this.#releasing.push(...selected.map(({ entryId }) => entryId));
  }

  #release(): void {
    const aside = this.aside.get(this.#releasing.shift() ?? "");
    if (aside?.place !== "quarantined" || aside.id === undefined || this.#has(aside.id)) return;
    this.aside.delete(aside.entryId);
    this.put({ id: aside.id });
    this.write(this.met({ id: aside.id }, this.nowMs));
  }

  #discard(id: string): void {
    const entry = this.#entryOf(id);
    if (entry === undefined) return;
    this.aside.delete(entry.entryId);
    this.setAside({ id }, "discarded");
  }

  #removeByHand(id: string): void {
    if (!this.#has(id)) return;
    this.remove({ id });
    if (!this.#mayGo.has(id)) this.lost.add(id);
  }
}

describe("an audit beside live traffic", () => {
  it("takes no event for removed that was delivered, waits or is set aside", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const world = new LiveWorld(seed, false);
        const { events, counts } = await world.audit();
        expect(counts.met).toBe(EVENTS);
        expect(events.filter(({ verdict }) => verdict.kind === "removed")).toEqual([]);
        const without = events.map(({ id = "" }) => id);
        for (let index = 0; index < EVENTS; index += 1) {
          const id = `e${index}`;
          if (!without.includes(id)) expect(world.receipted).toContain(id);
        }
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  });

  it("never says that all is accounted for, where somebody had removed an event before", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const world = new LiveWorld(seed, true);
        const lost = [...world.lost].filter((id) => !world.receipted.has(id));
        const { report, events } = await world.audit();
        for (const id of lost) {
          const found = events.find((event) => event.id === id)?.verdict.kind;
          expect(["removed", "undecided", "in-flight"]).toContain(found);
        }
        if (lost.length > 0) expect(report.isAccountedFor).toBe(false);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});

/** The verdict on one event, to which something happens at one moment of the audit. */
async function verdictWhen(
  call: Call,
  when: "before" | "after",
  time: number,
  happens: (world: AuditWorld) => void,
  prepare: (world: AuditWorld) => void = (world) => world.put({ id: "e1" }),
) {
  const world = new AuditWorld();
  world.write(world.met({ id: "e1" }, NOON_MS + MINUTE_MS));
  prepare(world);
  world.nowMs += 2 * MINUTE_MS;
  let times = 0;
  world.between = (each, at) => {
    if (each !== call || at !== when) return;
    times += 1;
    if (times === time) happens(world);
  };
  const { events } = await world.audit();
  expect(times).toBeGreaterThanOrEqual(time);
  return events[0]?.verdict.kind ?? "acknowledged";
}

describe("an event to which something happens while the audit reads", () => {
  const gone = (world: AuditWorld) => {
    world.gaps.add(hourOf(world.nowMs));
    world.remove({ id: "e1" });
  };
  const delivered = (world: AuditWorld) => {
    world.write(world.receipt({ id: "e1" }, world.nowMs));
    world.remove({ id: "e1" });
  };

  it("is acknowledged, or undecided, where its row goes just before the table is read, and waited where just after", async () => {
    expect(await verdictWhen("scan", "before", 1, delivered)).toBe("acknowledged");
    expect(await verdictWhen("scan", "before", 1, gone)).toBe("undecided");
    expect(await verdictWhen("acts", "before", 1, delivered)).toBe("acknowledged");
    expect(await verdictWhen("acts", "before", 1, gone)).toBe("waiting");
  });

  it("is set aside, where it is taken out at any moment before the journal is read again", async () => {
    const setAside = (world: AuditWorld) => {
      world.remove({ id: "e1" });
      world.setAside({ id: "e1" });
    };
    expect(await verdictWhen("scan", "before", 1, setAside)).toBe("set-aside");
    expect(await verdictWhen("acts", "after", 1, setAside)).toBe("waiting");
  });

  it("is set aside, where it is discarded between the reads of the two places", async () => {
    const quarantined = (world: AuditWorld) => void world.setAside({ id: "e1" });
    const discarded = (world: AuditWorld) => {
      world.aside.clear();
      world.setAside({ id: "e1" }, "discarded");
    };
    for (const place of ["quarantined", "discarded"] as const) {
      for (const when of ["before", "after"] as const) {
        for (const time of [1, 2]) {
          expect(await verdictWhen(place, when, time, discarded, quarantined)).toBe("set-aside");
        }
      }
    }
  });

  it("is in flight, where a command that began long before releases it after the table was read", async () => {
    const released = (world: AuditWorld) => {
      world.aside.clear();
      world.put({ id: "e1" });
    };
    const quarantined = (world: AuditWorld) => {
      world.setAside({ id: "e1" });
      world.act("release");
    };
    // The places are read before the table, and again after it.
    expect(await verdictWhen("quarantined", "before", 2, released, quarantined)).toBe("in-flight");
    expect(await verdictWhen("quarantined", "before", 1, released, quarantined)).toBe("waiting");
  });

  it("is not disturbed for ever by a release that died before it began", async () => {
    const world = new AuditWorld();
    world.write(world.met({ id: "e1" }, NOON_MS + MINUTE_MS));
    world.act("release");
    world.nowMs += 2 * MINUTE_MS;
    expect((await world.audit()).events[0]?.verdict.kind).toBe("removed");
    world.act("release");
    expect((await world.audit()).events[0]?.verdict.kind).toBe("in-flight");
  });
});
