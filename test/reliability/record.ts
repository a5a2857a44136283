import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { requireWritable } from "../../lib/local/unwritable.ts";
import { recordedScores } from "../mutation/scores.ts";
import { pageWith } from "./page.ts";
import type { Figures, Run, Runs, SuiteName } from "./run.ts";

const ROOT = join(import.meta.dirname, "..", "..");
export const PAGE = join(ROOT, "docs", "reliability.md");
export const RECORD = join(ROOT, "docs", "reliability.json");

export interface Counted {
  /** The script of package.json and its options, without `--record`. */
  readonly command: string;
  readonly passed: boolean;
  readonly figures: Figures;
  /** @default none */
  readonly details?: Readonly<Record<string, Figures>>;
}

/** A run that will be recorded. */
export interface Recording {
  /** Writes what was counted into docs/reliability.json and into its page. */
  readonly end: (counted: Counted) => void;
}

/**
 * Notes the commit and the time before a run, so that one that cannot be recorded does not run for an hour first.
 *
 * @throws RangeError when this is no git checkout; LocalRunError when it cannot be written to.
 */
export function beginRecording(suite: SuiteName): Recording {
  const checkout = checkoutOf(ROOT);
  requireWritable(RECORD, PAGE);
  const began = new Date();
  return {
    end: ({ command, passed, figures, details = {} }) => {
      const run: Run = {
        ...{ command, passed, began: began.toISOString() },
        seconds: Math.round((Date.now() - began.getTime()) / 1_000),
        ...checkout,
        ...{ node: process.version, cores: availableParallelism(), figures, details },
      };
      // Read only now: another suite may have been recorded meanwhile.
      const runs: Runs = { ...recordedRuns(), [suite]: run };
      writeFileSync(RECORD, `${JSON.stringify(runs, undefined, 2)}\n`);
      writePage();
      console.log(`\nRecorded in docs/reliability.json and docs/reliability.md as ${JSON.stringify(suite)}.`);
    },
  };
}

/** Writes what is recorded into the page. */
export const writePage = (): void =>
  writeFileSync(PAGE, pageWith(readFileSync(PAGE, "utf8"), recordedRuns(), recordedScores()));

export const recordedRuns = (): Runs => JSON.parse(readFileSync(RECORD, "utf8")) as Runs;

/** The command as it was typed, for a program that npm runs by this script. */
export function commandLine(script: string, args: readonly string[]): string {
  const kept = args.filter((each) => each !== "--record");
  return kept.length === 0 ? `npm run ${script}` : `npm run ${script} -- ${kept.join(" ")}`;
}

export function checkoutOf(folder: string): Pick<Run, "commit" | "changed"> {
  const git = (...args: readonly string[]): string => {
    const { status, stdout, stderr, error } = spawnSync("git", args, { cwd: folder, encoding: "utf8" });
    if (status === 0) return stdout.trim();
    const why = error?.message ?? stderr.trim();
    throw new RangeError(`--record notes which commit ran, so it needs a git checkout. git ${args[0]} says: ${why}`);
  };
  // What is recorded changes these two, and no suite reads them.
  const others = [".", ":(exclude)docs/reliability.json", ":(exclude)docs/reliability.md"];
  return {
    commit: git("rev-parse", "--short=9", "HEAD"),
    changed: git("status", "--porcelain", "--", ...others) !== "",
  };
}
