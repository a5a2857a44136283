import type { Random } from "../../lib/core/ports.ts";
import { oneOf } from "./one-of.ts";
import { FAULTS, type Fault, type FaultMix } from "./storms/fault-names.ts";
import { GAP_FAULTS } from "./storms/gaps.ts";
import { OVERLAPPING_RUN_FAULTS } from "./storms/overlapping-runs.ts";
import type { Scenario, Storm } from "./storms/scenario-shape.ts";
import { UNDELETED_FAULTS } from "./storms/undeleted.ts";

/** Faults that only the sweep can heal: left out of runs without it. */
export const NEEDS_SWEEP: ReadonlySet<Fault> = new Set([
  "record discarded",
  "send failed",
  "dead letter lost",
  "queue purged",
  "queue unreachable",
]);
/** In ordered delivery the relay leaves events that it may not publish to the sweep. */
const NEEDS_SWEEP_IN_ORDER: ReadonlySet<Fault> = new Set([
  "destination missing",
  "check throttled",
  "check denied",
  "checks denied for a while",
  "checks throttled for a while",
]);

/** The faults of storms of one kind, with the chances that each is drawn from. */
const STORM_FAULTS: Readonly<Record<Exclude<Storm, "mixed">, readonly FaultMix[]>> = {
  "parked-keys": [
    { faults: ["publish failed"], chances: [0.3, 0.6] },
    {
      faults: ["crash", "torn query", "table write failed", "write landed late", "answer delayed"],
      chances: [0, 0.02, 0.2],
    },
    { faults: ["invocation overlaps"], chances: [0.2, 0.6] },
    { faults: ["batch redelivered", "record late", "records reordered"], chances: [0, 0.2, 0.6] },
  ],
  "dead-letters": [
    { faults: ["target outage"], chances: [0.2, 0.5] },
    { faults: ["table throttled", "destination missing"], chances: [0, 0.2] },
    { faults: ["key reused"], chances: [0, 0.6] },
    {
      faults: ["publish failed", "crash", "table write failed", "write landed late", "answer delayed"],
      chances: [0, 0.05, 0.3],
    },
    { faults: ["invocation overlaps", "batch redelivered", "record late", "partial batch failure"], chances: [0, 0.2] },
  ],
  // Here the events themselves are at fault.
  neighbours: [{ faults: ["records reordered", "batch redelivered"], chances: [0, 0.3] }],
  buses: [
    { faults: ["destination missing"], chances: [0.2, 0.5] },
    { faults: ["checks denied for a while", "checks throttled for a while"], chances: [0, 0.5] },
    { faults: ["check throttled", "check denied"], chances: [0, 0, 0.05, 0.3] },
    { faults: ["crash", "publish failed", "table write failed", "answer delayed"], chances: [0, 0, 0.02, 0.2] },
    { faults: ["invocation overlaps", "batch redelivered", "record late"], chances: [0, 0.2] },
  ],
  operators: [
    { faults: ["target outage"], chances: [0, 0.3] },
    { faults: ["publish failed", "entry refused"], chances: [0, 0.3, 0.6] },
    {
      faults: ["crash", "table write failed", "write landed late", "table read failed", "torn query"],
      chances: [0, 0.02, 0.2],
    },
    {
      faults: ["invocation overlaps", "batch redelivered", "record late", "records reordered"],
      chances: [0, 0.2, 0.5],
    },
    { faults: ["transaction conflict", "send failed", "dead letter lost", "record discarded"], chances: [0, 0.1] },
    { faults: ["run queued"], chances: [0, 0.6] },
  ],
  gaps: GAP_FAULTS,
  undeleted: UNDELETED_FAULTS,
  "overlapping-runs": OVERLAPPING_RUN_FAULTS,
};

/** Decides which faults happen. */
export interface FaultSource {
  /** Whether this fault happens here and now. A low `weight` makes a fault rare that is asked for often. */
  happens(fault: Fault, weight?: number): boolean;
  /** Counts a fault that happened without being drawn. */
  note(fault: Fault): void;
  /** From here on no fault happens any more. */
  heal(): void;
}

/** The seed's own mix of faults: some runs have many kinds, some few, some none. */
export class Faults implements FaultSource {
  readonly counts = new Map<Fault, number>();
  readonly #chances = new Map<Fault, { readonly chance: number; readonly random: Random }>();
  #healed = false;

  constructor(
    random: Random,
    { calm, sweep, storm, ordering }: Pick<Scenario, "calm" | "sweep" | "storm" | "ordering">,
  ) {
    if (calm) return;
    for (const [fault, chance] of storm === "mixed" ? anyFaults(random) : chancesOf(STORM_FAULTS[storm], random)) {
      const needsSweep = NEEDS_SWEEP.has(fault) || (ordering !== "none" && NEEDS_SWEEP_IN_ORDER.has(fault));
      if (sweep || !needsSweep) this.#chances.set(fault, { chance, random });
    }
  }

  /** More faults, which are drawn from a source of their own. */
  add(chances: Chances, random: Random): void {
    for (const [fault, chance] of chances) this.#chances.set(fault, { chance, random });
  }

  get healed(): boolean {
    return this.#healed;
  }

  happens(fault: Fault, weight = 1): boolean {
    const drawn = this.#healed ? undefined : this.#chances.get(fault);
    if (drawn === undefined || drawn.random() >= drawn.chance * weight) return false;
    this.note(fault);
    return true;
  }

  note(fault: Fault): void {
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
  }

  heal(): void {
    this.#healed = true;
  }
}

export type Chances = readonly (readonly [Fault, number])[];

/** Some seeds have many kinds of faults, some few. */
function anyFaults(random: Random): Chances {
  const breadth = random();
  return FAULTS.filter(() => random() < breadth).map((fault) => [fault, oneOf([0.01, 0.05, 0.2, 0.5], random)]);
}

export const chancesOf = (mixes: readonly FaultMix[], random: Random): Chances =>
  mixes.flatMap(({ faults, chances }) => faults.map((fault) => [fault, oneOf(chances, random)] as const));
