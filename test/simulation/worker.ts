import { parentPort, workerData } from "node:worker_threads";
import { simulate } from "./simulate.ts";
import type { Storm } from "./storms/scenario-shape.ts";
import { added, NOTHING, type Summary, summaryOf } from "./summary.ts";

/** Seeds `first`, `first + step`, ... below `end`. */
export interface Share {
  readonly first: number;
  readonly step: number;
  readonly end: number;
  /** Ends the share with the first violation. */
  readonly stopAtFailure: boolean;
  readonly storm: Storm | undefined;
}

const REPORT_EVERY = 250;

// Services of the world refuse all the time, and nobody reads their stack traces: a failing seed is run again with its trace.
Error.stackTraceLimit = 0;

const { first, step, end, stopAtFailure, storm } = workerData as Share;
let summary: Summary = NOTHING;
for (let seed = first; seed < end; seed += step) {
  summary = added(summary, summaryOf(await simulate({ seed, storm })));
  const stop = stopAtFailure && summary.failures.length > 0;
  if (summary.seeds === REPORT_EVERY || seed + step >= end || stop) {
    parentPort?.postMessage(summary);
    summary = NOTHING;
  }
  if (stop) break;
}
