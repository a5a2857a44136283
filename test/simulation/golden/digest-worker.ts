import { parentPort, workerData } from "node:worker_threads";
import { digestOf } from "./digest.ts";

/** Seeds `first`, `first + step`, ... below `end`. */
export interface DigestShare {
  readonly first: number;
  readonly step: number;
  readonly end: number;
}

Error.stackTraceLimit = 0;

const { first, step, end } = workerData as DigestShare;
for (let seed = first; seed < end; seed += step) parentPort?.postMessage([seed, await digestOf(seed)]);
