import { folderOf } from "./folders.ts";
import type { Mutant } from "./report.ts";

/** A mutant that may survive, with the reason. */
export interface Survivor extends Pick<Mutant, "file" | "was" | "becomes"> {
  /** Why no test kills it. */
  readonly reason: string;
}

/** How many mutants of a file are killed, and how many survive. */
export interface FileScore {
  readonly killed: number;
  readonly survived: number;
}

/** The scores of the last recorded run, by file. */
export type Scores = Readonly<Record<string, FileScore>>;

/** Percent: no folder is recorded with less. */
export const LOWEST_SCORE = 90;

export interface Verdict {
  /** The scores of the files that were looked at. */
  readonly scores: Scores;
  readonly folders: readonly FolderVerdict[];
  /** Survivors without a reason. */
  readonly unexplained: readonly Mutant[];
  /** Reasons for mutants that no longer survive, or no longer exist. */
  readonly stale: readonly Survivor[];
}

/** Of all files of the folder: those not looked at count as they were recorded. */
export interface FolderVerdict extends FolderScore {
  readonly folder: string;
  /** The score as it was recorded; 0 where nothing was. */
  readonly floor: number;
}

/** Judges the mutants of the files that were looked at. Files without any mutants are given in `files` alone. */
export function judged(
  files: readonly string[],
  mutants: readonly Mutant[],
  survivors: readonly Survivor[],
  recorded: Scores,
): Verdict {
  const scores = Object.fromEntries(
    files.map((file) => {
      const survived = mutants.filter((mutant) => mutant.file === file && mutant.fate === "survived").length;
      return [file, { survived, killed: mutants.filter((mutant) => mutant.file === file).length - survived }];
    }),
  );
  const living = mutants.filter(({ fate }) => fate === "survived");
  const folders = [...new Set(files.map((file) => folderOf(file)?.folder ?? ""))].map((folder) => ({
    folder,
    ...scoreOf({ ...recorded, ...scores }, folder),
    floor: floorOf(recorded, folder),
  }));
  return {
    scores,
    folders,
    unexplained: living.filter((mutant) => !survivors.some((each) => isSame(each, mutant) && each.reason !== "")),
    stale: survivors.filter((each) => files.includes(each.file) && !living.some((mutant) => isSame(each, mutant))),
  };
}

export const isSame = (one: Pick<Mutant, "file" | "was" | "becomes">, other: typeof one): boolean =>
  one.file === other.file && one.was === other.was && one.becomes === other.becomes;

export interface FolderScore {
  /** Percent: 100 where there are no mutants. */
  readonly score: number;
  readonly killed: number;
  readonly mutants: number;
}

/** The score of a folder, of all its files that are recorded. */
export function scoreOf(scores: Scores, folder: string): FolderScore {
  const own = Object.entries(scores).filter(([file]) => folderOf(file)?.folder === folder);
  const killed = own.reduce((sum, [, score]) => sum + score.killed, 0);
  const mutants = own.reduce((sum, [, score]) => sum + score.killed + score.survived, 0);
  return { score: mutants === 0 ? 100 : (killed / mutants) * 100, killed, mutants };
}

function floorOf(recorded: Scores, folder: string): number {
  const { score, mutants } = scoreOf(recorded, folder);
  return mutants === 0 ? 0 : score;
}

export const isPassed = ({ folders, unexplained, stale }: Verdict): boolean =>
  unexplained.length === 0 && stale.length === 0 && folders.every(({ score, floor }) => score >= floor);
