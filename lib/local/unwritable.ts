import { closeSync, openSync } from "node:fs";
import { LocalRunError } from "./local-run-error.ts";

/** The operating system's error codes for a place that cannot be written to. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "it may not be written to",
  EPERM: "it may not be written to",
  EROFS: "its file system is read-only",
  ENOSPC: "its file system is full",
  ENOTDIR: "a file stands where a folder is wanted",
  EEXIST: "a file stands where a folder is wanted",
};

/**
 * Runs work that writes in a folder of the project.
 *
 * @throws LocalRunError if the folder cannot be written to; any other error as it is.
 */
export async function orUnwritable<Result>(folder: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    throw asUnwritable(folder, error);
  }
}

/**
 * Looks whether files that are there may be written to, before work whose result they are to hold.
 *
 * @throws LocalRunError if one may not; any other error as it is.
 */
export function requireWritable(...files: readonly string[]): void {
  for (const file of files) {
    try {
      closeSync(openSync(file, "r+"));
    } catch (error) {
      throw asUnwritable(file, error);
    }
  }
}

function asUnwritable(place: string, error: unknown): unknown {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  const reason = REASONS[code];
  if (reason === undefined) return error;
  return new LocalRunError(
    `${place} cannot be used: ${reason} (${code}). Run it where you may write, on a disk with room.`,
  );
}
