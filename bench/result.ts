import { cpus } from "node:os";
import type { Row } from "./workload.ts";

/** What one run of the benchmark found, as `--json` writes it and the page shows it. */
export interface Result {
  /** What was typed. */
  readonly command: string;
  readonly node: string;
  /** The machine's class, and no name of it. */
  readonly machine: { readonly cores: number; readonly cpu: string; readonly pinned: boolean };
  readonly workloads: readonly MeasuredWorkload[];
}

export interface MeasuredWorkload {
  readonly name: string;
  readonly about: string;
  readonly rows: readonly Row[];
}

export function machine(pinned: boolean): Result["machine"] {
  const all = cpus();
  return { cores: all.length, cpu: all[0]?.model.trim() ?? "unknown", pinned };
}

/** How a machine is named in a sentence. */
export const machineText = ({ node, machine: { cores, cpu, pinned } }: Pick<Result, "node" | "machine">): string =>
  `Node ${node}, ${cores} cores of ${cpu}, ${pinned ? "client and stub on a core each" : "not pinned to cores"}`;
