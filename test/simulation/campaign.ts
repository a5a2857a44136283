import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { FAULTS } from "./faults.ts";
import { added, NOTHING, type Summary } from "./summary.ts";
import type { Share } from "./worker.ts";

/** A change to a source file that makes the protocol wrong. Only a campaign can apply it, and only to its own bundle. */
export interface Patch {
  /** From the repository's root. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface CampaignOptions {
  readonly seeds: number;
  /** @default 1 */
  readonly firstSeed?: number;
  /** @default the machine's cores */
  readonly threads?: number;
  /** @default none: the code as it is */
  readonly patches?: readonly Patch[];
  /** @default false */
  readonly stopAtFailure?: boolean;
  /** Storms around gates alone. @default as each seed draws */
  readonly gates?: true | undefined;
  readonly onProgress?: (soFar: Summary) => void;
}

const ROOT = join(import.meta.dirname, "..", "..");

/**
 * Runs many seeds over all cores.
 *
 * @throws when a patch does not fit its file any more, or a worker dies.
 */
export async function campaign({
  seeds,
  firstSeed = 1,
  threads = availableParallelism(),
  patches = [],
  stopAtFailure = false,
  gates,
  onProgress = () => undefined,
}: CampaignOptions): Promise<Summary> {
  const folder = await mkdtemp(join(tmpdir(), "outbox-simulation-"));
  const workers: Worker[] = [];
  try {
    const bundle = join(folder, "worker.mjs");
    await bundleWorker(bundle, patches);
    let summary = NOTHING;
    const shares = Array.from({ length: Math.min(threads, seeds) }, (_unused, index): Share => {
      return { first: firstSeed + index, step: threads, end: firstSeed + seeds, stopAtFailure, gates };
    });
    await Promise.all(
      shares.map(
        (share) =>
          new Promise<void>((resolve, reject) => {
            const worker = new Worker(bundle, { workerData: share });
            workers.push(worker);
            worker.on("message", (part: Summary) => {
              summary = added(summary, part);
              onProgress(summary);
              // One thread's find is enough for all.
              if (stopAtFailure && part.failures.length > 0) resolve();
            });
            worker.on("error", reject);
            worker.on("exit", () => resolve());
          }),
      ),
    );
    return summary;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
    await rm(folder, { recursive: true, force: true });
  }
}

async function bundleWorker(outfile: string, patches: readonly Patch[]): Promise<void> {
  const byFile = new Map<string, Patch[]>();
  for (const patch of patches) {
    const file = join(ROOT, patch.file);
    byFile.set(file, [...(byFile.get(file) ?? []), patch]);
  }
  await build({
    entryPoints: [join(import.meta.dirname, "worker.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "silent",
    plugins: [
      {
        name: "patches",
        setup: ({ onLoad }) => {
          onLoad({ filter: /\.ts$/ }, async ({ path }) => {
            const mine = byFile.get(path);
            if (mine === undefined) return undefined;
            return { contents: mine.reduce(patched, await readFile(path, "utf8")), loader: "ts" };
          });
        },
      },
    ],
  });
}

function patched(source: string, { file, find, replace }: Patch): string {
  const [before, after, ...more] = source.split(find);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`A mutant's patch must fit exactly one place of ${file}, and does not: ${find}`);
  }
  return before + replace + after;
}

/** What a campaign must have met to prove anything: every kind of fault, and a death before every await point. */
export function unexercised({ faults, visited, crashed }: Summary): readonly string[] {
  const missingFaults = FAULTS.filter((fault) => (faults[fault] ?? 0) === 0).map((fault) => `fault: ${fault}`);
  const points = Object.keys(visited).filter((point) => !point.startsWith("world "));
  const missingPoints = points.filter((point) => (crashed[point] ?? 0) === 0).map((point) => `crash before: ${point}`);
  return [...missingFaults, ...missingPoints];
}
