import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Patch } from "../mutants/patched-bundle.ts";
import { bundlePatched } from "../mutants/patched-bundle.ts";
import type { Path } from "./choices.ts";
import type { Exploration } from "./exhaustive.ts";
import type { SmallWorld } from "./small-worlds.ts";
import type { Explored, Limits, Replayed, Task, Told } from "./worker.ts";

/** Small worlds, explored and replayed in threads that run the same bundle of the code. */
export interface Explorer {
  explore(world: SmallWorld, options?: Limits, onProgress?: (soFar: Exploration) => void): Promise<Explored>;
  replay(world: SmallWorld, path: Path): Promise<Replayed>;
}

/**
 * The sweep walks 16 parts of the table, four at a time. In a table of three rows all but a few are empty, and the orders in
 * which four empty answers can come would make up most of the search.
 */
const FEWER_SEGMENTS: Patch = {
  file: "lib/core/requeue/sweep/sweep.ts",
  find: "const SEGMENTS = 16;",
  replace: "const SEGMENTS = 1;",
};

/** Replayed runs leave little behind, so a large nursery avoids nearly all garbage collection. */
const NURSERY_MB = 128;

/**
 * Lends an explorer with one thread per core to `use`. One thread explores a world alone, so that a state counts once.
 *
 * @throws when a patch does not fit its file any more, or a thread dies.
 */
export async function withExplorer<Result>(
  patches: readonly Patch[],
  use: (explorer: Explorer) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "outbox-exhaustive-"));
  const workers: Worker[] = [];
  try {
    const bundle = join(folder, "worker.mjs");
    await bundlePatched(join(import.meta.dirname, "worker.ts"), bundle, [FEWER_SEGMENTS, ...patches]);
    const resourceLimits = { maxYoungGenerationSizeMb: NURSERY_MB };
    workers.push(...Array.from({ length: availableParallelism() }, () => new Worker(bundle, { resourceLimits })));
    return await use(explorerOf(workers));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
    await rm(folder, { recursive: true, force: true });
  }
}

function explorerOf(workers: readonly Worker[]): Explorer {
  const idle = [...workers];
  const waiting: ((worker: Worker) => void)[] = [];
  const borrow = async () => idle.pop() ?? (await new Promise<Worker>((resolve) => waiting.push(resolve)));
  const giveBack = (worker: Worker) => {
    const next = waiting.shift();
    if (next === undefined) idle.push(worker);
    else next(worker);
  };

  async function run<Result>(task: Task, resultOf: (told: Told) => Result | undefined): Promise<Result> {
    const worker = await borrow();
    let onMessage: (told: Told) => void = () => undefined;
    let onError: (error: unknown) => void = () => undefined;
    try {
      return await new Promise<Result>((resolve, reject) => {
        onMessage = (told) => {
          const result = resultOf(told);
          if (result !== undefined) resolve(result);
        };
        onError = reject;
        worker.on("message", onMessage);
        worker.on("error", onError);
        worker.postMessage(task);
      });
    } finally {
      worker.off("message", onMessage);
      worker.off("error", onError);
      giveBack(worker);
    }
  }

  return {
    explore: (world, options = {}, onProgress = () => undefined) =>
      run({ kind: "explore", world, options }, (told) => {
        if (told.kind === "progress") onProgress(told.exploration);
        return told.kind === "explored" ? told.result : undefined;
      }),
    replay: (world, path) =>
      run({ kind: "replay", world, path }, (told) => (told.kind === "replayed" ? told.result : undefined)),
  };
}
