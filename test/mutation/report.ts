/** What this project reads of a report in the mutation testing report schema, version 2. */
export interface Report {
  readonly files: Readonly<Record<string, ReportedFile>>;
}

interface ReportedFile {
  readonly source: string;
  readonly mutants: readonly ReportedMutant[];
}

interface ReportedMutant {
  readonly status: string;
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: { readonly start: Position; readonly end: Position };
}

/** Both count from 1. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** A mutant, named by its text, so that it keeps its name when other lines move. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  /** Where it stands, as Stryker is asked for it: lines count from 1, columns from 0. */
  readonly range: string;
  /** The mutated lines as they are, on one line. */
  readonly was: string;
  /** The same lines with the mutation. */
  readonly becomes: string;
  readonly fate: "killed" | "survived";
}

/** Mutants that do not compile or are ignored are left out. One that ends in a timeout is killed, one without a test survives. */
export function mutantsOf({ files }: Report): readonly Mutant[] {
  return Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants.flatMap((mutant) => {
      const fate = fateOf(mutant.status);
      if (fate === undefined) return [];
      const { start, end } = mutant.location;
      const range = `${start.line}:${start.column - 1}-${end.line}:${end.column - 1}`;
      return [{ file, line: start.line, range, fate, ...textsOf(source, mutant) }];
    }),
  );
}

function fateOf(status: string): Mutant["fate"] | undefined {
  switch (status) {
    case "Killed":
    case "Timeout":
      return "killed";
    case "Survived":
    case "NoCoverage":
      return "survived";
    default:
      return undefined;
  }
}

function textsOf(source: string, { location: { start, end }, replacement = "" }: ReportedMutant) {
  const lines = source.split("\n").slice(start.line - 1, end.line);
  const before = (lines[0] ?? "").slice(0, start.column - 1);
  const after = (lines.at(-1) ?? "").slice(end.column - 1);
  return { was: onOneLine(lines.join("\n")), becomes: onOneLine(`${before}${replacement}${after}`) };
}

export const onOneLine = (text: string): string => text.trim().replaceAll(/\s+/g, " ");
