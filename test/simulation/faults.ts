import type { Random } from "../../lib/core/resilience/backoff.ts";

/** Everything that can go wrong. Each has a counter in the report, and a campaign in which one never happened fails. */
export const FAULTS = [
  "publish throttled",
  "publish failed",
  "publish timed out, not landed",
  "acknowledgement lost",
  "landed late",
  "entry refused",
  "partial batch failure",
  "destination missing",
  "existence unknown",
  "crash",
  "invocation overlaps",
  "batch redelivered",
  "record discarded",
  "record late",
  "records reordered",
  "send failed",
  "letter lost",
  "queue purged",
  "queue unreachable",
  "table write failed",
  "table read failed",
  "answer delayed",
  "lease expired under its holder",
  "clock skewed",
  "target outage",
  "row repaired",
  "invocation timed out",
  "key reused",
  "torn query",
  "gate touched under its drainer",
  "transaction conflict",
] as const;
export type Fault = (typeof FAULTS)[number];

/** Faults that only the sweep can heal: left out of runs without it. */
export const NEEDS_SWEEP: ReadonlySet<Fault> = new Set([
  "record discarded",
  "send failed",
  "letter lost",
  "queue purged",
  "queue unreachable",
]);

/** What makes keys park and drain again and again, with relays coming by. */
const AROUND_GATES: readonly Fault[] = [
  "publish failed",
  "crash",
  "torn query",
  "invocation overlaps",
  "batch redelivered",
  "record late",
  "records reordered",
  "table write failed",
  "answer delayed",
];

/** Decides which faults happen. */
export interface FaultSource {
  /** Whether this fault happens here and now. `weight` makes rare what is asked for often. */
  happens(fault: Fault, weight?: number): boolean;
  /** Counts a fault that came about by itself. */
  note(fault: Fault): void;
  /** From here on nothing goes wrong any more. */
  heal(): void;
}

/** The seed's own mixture of faults: some runs have many kinds, some few, some none. */
export class Faults implements FaultSource {
  readonly counts = new Map<Fault, number>();
  readonly #chances = new Map<Fault, number>();
  readonly #random: Random;
  #healed = false;

  constructor(
    random: Random,
    { calm, sweep, gates }: { readonly calm: boolean; readonly sweep: boolean; readonly gates: boolean },
  ) {
    this.#random = random;
    if (calm) return;
    if (gates) {
      for (const fault of AROUND_GATES) this.#chances.set(fault, [0.02, 0.2, 0.5][Math.floor(random() * 3)] ?? 0);
      this.#chances.set("publish failed", [0.3, 0.6][Math.floor(random() * 2)] ?? 0);
      return;
    }
    const breadth = random();
    for (const fault of FAULTS) {
      if (!sweep && NEEDS_SWEEP.has(fault)) continue;
      if (random() < breadth) this.#chances.set(fault, [0.01, 0.05, 0.2, 0.5][Math.floor(random() * 4)] ?? 0);
    }
  }

  happens(fault: Fault, weight = 1): boolean {
    const chance = this.#healed ? undefined : this.#chances.get(fault);
    if (chance === undefined || this.#random() >= chance * weight) return false;
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
