import { Choices, type Path, type Turn } from "./choices.ts";
import { DigestSet, digestOf } from "./digest.ts";
import type { SmallWorld } from "./small-worlds.ts";
import { Learnt } from "./state.ts";
import { type RunEnd, runWorld } from "./world.ts";

export interface Exploration {
  /** Distinct states met. */
  readonly states: number;
  /** How many of them are end states: every actor had ended. */
  readonly ends: number;
  readonly runs: number;
  readonly seconds: number;
  /** Nothing is left to explore. */
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
  /** Called with every end state, when it is first met. */
  readonly onEnd?: (state: string) => void;
}

const PROGRESS_RUNS = 2_000;

/**
 * Explores every interleaving and every choice of faults of a small world, with the real code. Promises cannot be copied, so
 * the search cannot step back: it replays a run up to a choice, takes the next alternative there, and goes on until it meets a
 * state that was seen before. The search is depth-first, so that few paths wait at a time.
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

/** Runs one path again, goes on from its end with the first alternative each time, and tells what happens. */
export async function replay(small: SmallWorld, path: Path, trace: (line: string) => void): Promise<RunEnd> {
  return runWorld(small, new Choices<Learnt>({ path, note: undefined }, Learnt.NOTHING), () => false, trace);
}
