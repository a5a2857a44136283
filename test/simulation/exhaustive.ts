import { Choices, type Path, type Turn } from "./exhaustive-choices.ts";
import { DigestSet, digestOf } from "./exhaustive-digest.ts";
import { Learnt } from "./exhaustive-state.ts";
import { type RunEnd, runWorld } from "./exhaustive-world.ts";
import type { SmallWorld } from "./small-worlds.ts";

export interface Exploration {
  /** Distinct states met. */
  readonly states: number;
  /** Among them those in which every actor had ended. */
  readonly ends: number;
  readonly runs: number;
  readonly seconds: number;
  /** Nothing is left to look at. */
  readonly complete: boolean;
  readonly violations: readonly FoundViolation[];
}

export interface FoundViolation {
  readonly path: Path;
  readonly violations: readonly string[];
}

export interface ExploreOptions {
  /**
   * False follows every path to its end, even into states that were seen before.
   *
   * @default true
   */
  readonly prune?: boolean;
  /** @default 1 */
  readonly maxViolations?: number;
  /** @default without end */
  readonly maxRuns?: number;
  readonly onProgress?: (soFar: Exploration) => void;
  /** Told every end state, when it is first met. */
  readonly onEnd?: (state: string) => void;
}

const PROGRESS_RUNS = 2_000;

/**
 * Looks at every interleaving and every choice of faults of a small world, driving the real code. Its promises cannot be
 * copied, so there is no going back: a run is replayed up to a choice, takes the next alternative there, and goes on until
 * it meets a state that was seen before. Depth first, so that what waits to be looked at stays small.
 */
export async function explore(small: SmallWorld, options: ExploreOptions = {}): Promise<Exploration> {
  const { prune = true, maxViolations = 1, maxRuns = Number.POSITIVE_INFINITY, onProgress, onEnd } = options;
  const states = new DigestSet();
  const violations: FoundViolation[] = [];
  const startMs = performance.now();
  const open: Turn<Learnt>[] = [{ path: [], note: Learnt.NOTHING }];
  let runs = 0;
  let ends = 0;
  const seen = (state: string, isEnd: boolean): boolean => {
    const isNew = states.add(digestOf(state));
    if (isNew && isEnd) {
      ends += 1;
      onEnd?.(state);
    }
    return prune && !isNew;
  };
  const soFar = (): Exploration => {
    const seconds = (performance.now() - startMs) / 1_000;
    return { states: states.size, ends, runs, seconds, complete: open.length === 0, violations };
  };

  while (violations.length < maxViolations && runs < maxRuns) {
    const turn = open.pop();
    if (turn === undefined) break;
    runs += 1;
    const choices = new Choices(turn, Learnt.NOTHING);
    const end = await runWorld(small, choices, seen);
    open.push(...choices.turns());
    if (end.violations.length > 0) violations.push({ path: choices.taken, violations: end.violations });
    if (runs % PROGRESS_RUNS === 0) onProgress?.(soFar());
  }
  return soFar();
}

/** Runs one path again, and from its end on with the first alternative each time, telling what happens. */
export async function replay(small: SmallWorld, path: Path, trace: (line: string) => void): Promise<RunEnd> {
  return runWorld(small, new Choices<Learnt>({ path, note: undefined }, Learnt.NOTHING), () => false, trace);
}
