import { cpus, loadavg } from "node:os";
import type { Row } from "../workload.ts";

/** The result of one run of the benchmark, as `--json` writes it and the page shows it. */
export interface Result {
  /** The command line. */
  readonly command: string;
  readonly node: string;
  /** The machine's class, not its name. */
  readonly machine: Machine;
  readonly workloads: readonly MeasuredWorkload[];
}

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  /** Whether client and stub each had a core. */
  readonly pinned: boolean;
  /** The load average of the minute before: the machine's other work. */
  readonly loadBefore: number;
}

export interface MeasuredWorkload {
  readonly name: string;
  readonly about: string;
  readonly rows: readonly Row[];
}

export function machine(pinned: boolean): Machine {
  const all = cpus();
  return { cores: all.length, cpu: all[0]?.model.trim() ?? "unknown", pinned, loadBefore: loadavg()[0] ?? 0 };
}

/** A description of the machine, for use in a sentence. */
export function machineText({
  node,
  machine: { cores, cpu, pinned, loadBefore },
}: Pick<Result, "node" | "machine">): string {
  const placed = pinned ? "client and stub on a core each" : "not pinned to cores";
  return `Node ${node}, ${cores} cores of ${cpu}, ${placed}, load ${loadBefore.toFixed(1)} before the run`;
}
