import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { AUDIT_ENDS } from "./audited/audits.ts";
import { bundlePatched, type Patch } from "./mutants/patched-bundle.ts";
import { ARCHIVE_FAULTS, FAULTS } from "./storms/fault-names.ts";
import { STORMS, type Storm } from "./storms/scenario-shape.ts";
import { added, NOTHING, type Summary } from "./summary.ts";
import type { Share } from "./worker.ts";

export interface CampaignOptions {
  readonly seeds: number;
  /** Ends the campaign once this many events were written in all. @default after the last seed */
  readonly events?: number | undefined;
  /** @default 1 */
  readonly firstSeed?: number;
  /** @default the machine's cores */
  readonly threads?: number;
  /** @default none: the code as it is */
  readonly patches?: readonly Patch[];
  /** @default false */
  readonly stopAtFailure?: boolean;
  /** @default as each seed draws */
  readonly storm?: Storm | undefined;
  readonly onProgress?: (soFar: Summary) => void;
}

/**
 * Runs many seeds over all cores.
 *
 * @throws when a patch does not fit its file any more, or a worker dies.
 */
export async function campaign({
  seeds,
  events = Number.POSITIVE_INFINITY,
  firstSeed = 1,
  threads = availableParallelism(),
  patches = [],
  stopAtFailure = false,
  storm,
  onProgress = () => undefined,
}: CampaignOptions): Promise<Summary> {
  const folder = await mkdtemp(join(tmpdir(), "outbox-simulation-"));
  const workers: Worker[] = [];
  try {
    const bundle = join(folder, "worker.mjs");
    await bundlePatched(join(import.meta.dirname, "worker.ts"), bundle, patches);
    let summary = NOTHING;
    const shares = Array.from({ length: Math.min(threads, seeds) }, (_unused, index): Share => {
      return { first: firstSeed + index, step: threads, end: firstSeed + seeds, stopAtFailure, storm };
    });
    const isEnough = () => summary.events >= events || (stopAtFailure && summary.failures.length > 0);
    await new Promise<void>((resolve, reject) => {
      let atWork = shares.length;
      for (const workerData of shares) {
        const worker = new Worker(bundle, { workerData });
        workers.push(worker);
        worker.on("message", (part: Summary) => {
          if (isEnough()) return;
          summary = added(summary, part);
          onProgress(summary);
          // One thread's failure is enough to stop all.
          if (isEnough()) resolve();
        });
        worker.on("error", reject);
        worker.on("exit", () => {
          atWork -= 1;
          if (atWork === 0) resolve();
        });
      }
    });
    return summary;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
    await rm(folder, { recursive: true, force: true });
  }
}

/** The parts that a campaign may add for what it has not met, each of a twentieth of its length. */
const MORE_PARTS = 10;
const PART = 1 / 20;

/**
 * A campaign that goes on, for half its length at most, until everything has happened that must. What one storm in thousands meets,
 * any change of the code can leave out by chance: more storms tell whether it is met at all.
 */
export async function thoroughCampaign(options: CampaignOptions): Promise<Summary> {
  const { seeds, events, firstSeed = 1, onProgress } = options;
  let summary = await campaign(options);
  const part = Math.ceil(seeds * PART);
  const lacksSomething = () => summary.failures.length === 0 && unexercised(summary).length > 0;
  for (let parts = 0; parts < MORE_PARTS && lacksSomething(); parts += 1) {
    const before = summary;
    const more = await campaign({
      ...options,
      ...{ seeds: part, firstSeed: firstSeed + seeds + parts * part },
      ...(events !== undefined && { events: Math.ceil(events * PART) }),
      onProgress: (soFar) => onProgress?.(added(before, soFar)),
    });
    summary = added(before, more);
  }
  return summary;
}

/**
 * What must have happened in a campaign for it to prove anything: every kind of storm and fault, a death before every await point,
 * and audits of archives with and without missing lines.
 */
export function unexercised({ storms, faults, visited, crashed, audits }: Summary): readonly string[] {
  const missingStorms = STORMS.filter((storm) => (storms[storm] ?? 0) === 0).map((storm) => `storm: ${storm}`);
  const missingFaults = [...FAULTS, ...ARCHIVE_FAULTS]
    .filter((fault) => (faults[fault] ?? 0) === 0)
    .map((fault) => `fault: ${fault}`);
  const points = Object.keys(visited).filter((point) => !point.startsWith("world "));
  const missingPoints = points.filter((point) => (crashed[point] ?? 0) === 0).map((point) => `crash before: ${point}`);
  const missingAudits = AUDIT_ENDS.filter((end) => (audits[end] ?? 0) === 0).map((end) => `audit that ${end}`);
  return [...missingStorms, ...missingFaults, ...missingPoints, ...missingAudits];
}
