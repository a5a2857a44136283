import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Mutant } from "./report.ts";

/** What a run found in a file. */
interface Found {
  /** The file as it was. */
  readonly source: string;
  readonly mutants: readonly Mutant[];
}

const pathIn = (root: string, file: string): string => join(root, ".cache", "mutation", "found", `${file}.json`);

/** Keeps what a run found in some files of a checkout. Whoever writes tests for survivors need not run all mutants again. */
export function keepFound(root: string, files: readonly string[], mutants: readonly Mutant[]): void {
  for (const file of files) {
    const path = pathIn(root, file);
    const found: Found = {
      source: readFileSync(join(root, file), "utf8"),
      mutants: mutants.filter((mutant) => mutant.file === file),
    };
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(found));
  }
}

/**
 * What the last run found in these files.
 *
 * @throws RangeError when a file was never run here, or has changed since.
 */
export function foundBefore(root: string, files: readonly string[]): readonly Mutant[] {
  return files.flatMap((file) => {
    const path = pathIn(root, file);
    const found: Found | undefined = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
    if (found?.source === readFileSync(join(root, file), "utf8")) return found.mutants;
    const why = found === undefined ? "was not run in this checkout" : "has changed since its mutants were run";
    throw new RangeError(`${file} ${why}: run it without --again first.`);
  });
}
