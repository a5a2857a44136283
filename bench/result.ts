import { cpus, loadavg } from "node:os";
import type { Row } from "./workload.ts";

/** What one run of the benchmark found, as `--json` writes it and the page shows it. */
export interface Result {
  /** What was typed. */
  readonly command: string;
  readonly node: string;
  /** The machine's class, and no name of it. */
  readonly machine: Machine;
  readonly workloads: readonly MeasuredWorkload[];
}

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  /** Whether client and stub had a core each. */
  readonly pinned: boolean;
  /** Processes that wanted to run on average, in the minute before: what else the machine had to do. */
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

/** How a machine is named in a sentence. */
export function machineText({
  node,
  machine: { cores, cpu, pinned, loadBefore },
}: Pick<Result, "node" | "machine">): string {
  const placed = pinned ? "client and stub on a core each" : "not pinned to cores";
  return `Node ${node}, ${cores} cores of ${cpu}, ${placed}, load ${loadBefore.toFixed(1)} before the run`;
}
