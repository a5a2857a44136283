import type { Bundle } from "../lib/cdk/build/bundler.ts";
import type { FunctionRole } from "../lib/contract/deployment/function-role.ts";
import type { TargetKind } from "../lib/contract/deployment/target-kind.ts";
import type { Child } from "./child.ts";
import type { Placement } from "./cores.ts";
import type { Summary } from "./report/statistics.ts";

/** One question that the benchmark answers, in rows of its table. It chooses its own way to measure. */
export interface Workload {
  /** The NAME of `npm run bench -- NAME`. */
  readonly name: string;
  /** One sentence for the page's readers: what is measured, and against what. */
  readonly about: string;
  /**
   * Measures. Compared contenders take turns, round by round, so that both run under the same load of the machine.
   *
   * @throws Error if a contender did not do its work, or if `bench.signal` aborts.
   */
  run(bench: Bench): Promise<readonly Row[]>;
}

/** One comparison. */
export interface Row {
  /** Unique among all rows: the workload's name, with a suffix if the workload has several rows. */
  readonly name: string;
  /** The unit of `ours` and `against`: "ms", "us", "KB", "events/s", "$ per million". */
  readonly unit: string;
  readonly ours: Summary;
  readonly against: { readonly name: string; readonly value: Summary };
  /** Compared round by round, then summarised. The direction depends on `goal`: `atMost` is ours / theirs. */
  readonly ratio: Summary;
  readonly goal: Goal;
  /** CPU time of the client per event, in microseconds: median. */
  readonly cpuMicrosPerEvent?: { readonly ours: number; readonly against?: number };
  /**
   * How many times more calls a second the stub can answer than were made. Below {@link LEAST_HEADROOM} the row is
   * marked and the run fails, since the stub would have been measured. Absent without a stub.
   */
  readonly stubHeadroom?: number;
  /** What a reader needs to trust the row: what is counted, what was scaled, why a goal is missed. */
  readonly note?: string;
}

/** `atMost`: the ratio is ours / theirs, less is better. `atLeast`: how many times better ours is, more is better. */
export type Goal = { readonly atMost: number } | { readonly atLeast: number };

export const isMet = ({ ratio, goal }: Pick<Row, "ratio" | "goal">): boolean =>
  "atMost" in goal ? ratio.median <= goal.atMost : ratio.median >= goal.atLeast;

export const LEAST_HEADROOM = 1.5;

/** The tools of a workload. Processes that it leaves behind are ended after it. */
export interface Bench {
  /** The requested number of rounds. A slow workload takes fewer. */
  readonly rounds: number;
  /** Shows the current step to the user. */
  progress(text: string): void;
  /** An empty folder, deleted after the run. */
  readonly folder: string;
  readonly placement: Placement;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  /** The functions' deployed bundles, built once for all workloads. */
  bundles(): Promise<readonly Bundle[]>;
  bundle(functionName: FunctionRole, target: TargetKind): Promise<Bundle>;
  /** Bundles a program of the benchmark, by its path below bench/, so that no loader runs during the measurement. */
  program(path: string): Promise<string>;
  /** Starts a program that {@link Bench.program} or {@link Bench.bundle} made. */
  start(file: string, options: StartOptions): Child;
}

export interface StartOptions {
  /** The two cores: of the measured process, and of the stub. */
  readonly core: "client" | "stub";
  /** The whole environment except PATH, so that no real account gets in. @default none */
  readonly environment?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Options of Node itself, such as `--expose-gc`. @default none */
  readonly nodeOptions?: readonly string[];
}
