import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { runCommand } from "../../lib/local/child-process.ts";
import type { Group, Suite } from "./suites.ts";

/** No suite takes as long; one that hangs ends, so that the others are told of. */
const SUITE_WITHIN_MS = 45 * 60_000;

export interface SuiteEnd {
  readonly name: string;
  readonly isOk: boolean;
  /** Tests, as the test runner of the suite counted them; else the suite itself is one. */
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
  /** The whole of what it printed. */
  readonly output: string;
}

export interface SuitesOptions {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** An empty folder, for what the suites print. */
  readonly logs: string;
  /** Ends them all. */
  readonly signal: AbortSignal;
  readonly onBegin?: (name: string, log: string) => void;
  readonly onEnd?: (end: SuiteEnd) => void;
  /** In milliseconds. @default the machine's */
  readonly clock?: () => number;
}

/**
 * Runs every suite of every group, also when one fails. Resolves with how they ended, in the order in which they did.
 *
 * @throws the signal's reason when it is aborted, after every suite has ended.
 */
export async function runSuites(groups: readonly Group[], options: SuitesOptions): Promise<readonly SuiteEnd[]> {
  const ends: SuiteEnd[] = [];
  const places = new Map<string, Promise<unknown>>();
  const runOne = async (suite: Suite) => {
    const end = await runSuite(suite, options);
    ends.push(end);
    options.onEnd?.(end);
  };
  const inTurn = async (suite: Suite) => {
    if (suite.writes === undefined) return runOne(suite);
    const turn = (places.get(suite.writes) ?? Promise.resolve()).then(() => runOne(suite));
    places.set(suite.writes, turn);
    return turn;
  };
  const workers = groups.flatMap(({ width, suites }) => {
    const queue = [...suites];
    return Array.from({ length: width }, async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) await inTurn(next);
    });
  });
  const failures = (await Promise.allSettled(workers)).filter((worker) => worker.status === "rejected");
  if (failures[0] !== undefined) throw failures[0].reason;
  return ends;
}

async function runSuite({ name, command: [command = "", ...args] }: Suite, options: SuitesOptions): Promise<SuiteEnd> {
  const { folder, environment, logs, signal, onBegin, clock = () => performance.now() } = options;
  const logFile = join(logs, `${randomUUID()}.log`);
  onBegin?.(name, logFile);
  const beginMs = clock();
  const result = await runCommand({
    ...{ command, args, environment, folder, logFile, signal },
    timeoutMs: SUITE_WITHIN_MS,
  });
  const seconds = Math.round((clock() - beginMs) / 1_000);
  const output = readFileSync(logFile, "utf8") + (result.kind === "failed" ? `\n${name}: ${result.reason}\n` : "");
  return { name, seconds, output, ...counted(output, result.kind === "done") };
}

/** Adds up the totals of every test runner in an output. A failure outside of tests counts as one more. */
export function counted(output: string, isOk: boolean): Pick<SuiteEnd, "isOk" | "passed" | "failed"> {
  const totals = stripVTControlCharacters(output).match(/^ *Tests {2}.*$/gm);
  const sum = (word: string) =>
    (totals ?? []).reduce((all, line) => all + Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0), 0);
  const failed = sum("failed");
  return {
    isOk: isOk && failed === 0,
    passed: totals === null ? Number(isOk) : sum("passed"),
    failed: isOk ? failed : Math.max(failed, 1),
  };
}
