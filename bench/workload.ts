import type { Bundle } from "../lib/cdk/build/bundler.ts";
import type { FunctionName } from "../lib/cdk/functions/bundles.ts";
import type { TargetKind } from "../lib/contract/target-kind.ts";
import type { Child } from "./child.ts";
import type { Placement } from "./cores.ts";
import type { Summary } from "./statistics.ts";

/** One question that the benchmark answers, in rows of its table. It decides for itself how it measures. */
export interface Workload {
  /** What `npm run bench -- NAME` asks for. */
  readonly name: string;
  /** One sentence for whoever reads the page: what is done, and beside what. */
  readonly about: string;
  /**
   * Measures. What is compared takes turns, round by round, so that both meet the same machine.
   *
   * @throws Error when what was measured did not do its work, or when `bench.signal` aborts.
   */
  run(bench: Bench): Promise<readonly Row[]>;
}

/** One comparison. */
export interface Row {
  /** Unique among all rows: the workload's name, and more behind it where a workload has several rows. */
  readonly name: string;
  /** Of `ours` and `against`: "ms", "us", "KB", "events/s", "$ per million". */
  readonly unit: string;
  readonly ours: Summary;
  readonly against: { readonly name: string; readonly value: Summary };
  /** Compared round by round and only then summarised. Which way round, `goal` says: `atMost` is ours / theirs. */
  readonly ratio: Summary;
  readonly goal: Goal;
  /** CPU time of the client in microseconds for one event: median. */
  readonly cpuMicrosPerEvent?: { readonly ours: number; readonly against?: number };
  /**
   * How many times as many calls a second the stub can answer as were asked of it. Below {@link LEAST_HEADROOM} the row is
   * marked and the run fails: the stub would have been measured. Absent where no stub is asked.
   */
  readonly stubHeadroom?: number;
  /** What a reader must know to trust the row: what is counted, what was scaled, why a goal is missed. */
  readonly note?: string;
}

/** `atMost`: the ratio is ours / theirs, less is better. `atLeast`: how many times better ours is, more is better. */
export type Goal = { readonly atMost: number } | { readonly atLeast: number };

export const isMet = ({ ratio, goal }: Pick<Row, "ratio" | "goal">): boolean =>
  "atMost" in goal ? ratio.median <= goal.atMost : ratio.median >= goal.atLeast;

export const LEAST_HEADROOM = 1.5;

/** What a workload is given to measure with. Processes that it leaves behind are ended after it. */
export interface Bench {
  /** How many rounds were asked for. A slow workload takes fewer. */
  readonly rounds: number;
  /** Tells the person who waits what is being done now. */
  progress(text: string): void;
  /** An empty folder of this run, gone after it. */
  readonly folder: string;
  readonly placement: Placement;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  /** The functions' real bundles, as they are deployed; built once for all workloads. */
  bundles(): Promise<readonly Bundle[]>;
  bundle(functionName: FunctionName, target: TargetKind): Promise<Bundle>;
  /** Bundles a program of the benchmark, by its path below bench/, so that no loader runs beside what is measured. */
  program(path: string): Promise<string>;
  /** Starts a program that {@link Bench.program} or {@link Bench.bundle} made. */
  start(file: string, options: StartOptions): Child;
}

export interface StartOptions {
  /** Two cores are told apart: what is measured, and what answers it. */
  readonly core: "client" | "stub";
  /** The whole environment but for PATH: nothing of anybody's account gets in. @default none */
  readonly environment?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Options of Node itself, such as `--expose-gc`. @default none */
  readonly nodeOptions?: readonly string[];
}
