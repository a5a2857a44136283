import { parentPort } from "node:worker_threads";
import type { Path } from "./choices.ts";
import { type Exploration, type ExploreOptions, explore, replay } from "./exhaustive.ts";
import type { SmallWorld } from "./small-worlds.ts";
import type { RunEnd } from "./world.ts";

export type Task =
  | { readonly kind: "explore"; readonly world: SmallWorld; readonly options: Limits }
  | { readonly kind: "replay"; readonly world: SmallWorld; readonly path: Path };

export type Limits = Pick<ExploreOptions, "prune" | "maxViolations" | "maxRuns">;

export type Told =
  | { readonly kind: "progress"; readonly exploration: Exploration }
  | { readonly kind: "explored"; readonly result: Explored }
  | { readonly kind: "replayed"; readonly result: Replayed };

export interface Explored {
  readonly exploration: Exploration;
  /** The end states met, in order: another exploration of the same world must meet the same. */
  readonly ends: readonly string[];
}

export interface Replayed {
  readonly trace: readonly string[];
  readonly end: RunEnd;
}

const tell = (told: Told) => parentPort?.postMessage(told);

async function work(task: Task): Promise<void> {
  switch (task.kind) {
    case "explore": {
      const ends: string[] = [];
      const exploration = await explore(task.world, {
        ...task.options,
        onProgress: (soFar) => tell({ kind: "progress", exploration: soFar }),
        onEnd: (state) => ends.push(state),
      });
      tell({ kind: "explored", result: { exploration, ends: ends.sort() } });
      return;
    }
    case "replay": {
      const trace: string[] = [];
      const end = await replay(task.world, task.path, (line) => trace.push(line));
      tell({ kind: "replayed", result: { trace, end } });
    }
  }
}

parentPort?.on("message", (task: Task) => {
  // A rejection is a mistake of the simulation: it ends the thread, and with it the exploration.
  void work(task);
});
