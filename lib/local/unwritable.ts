import { LocalRunError } from "./local-run-error.ts";

/** What the operating system says where something may not be written, or cannot be. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: "it may not be written to",
  EPERM: "it may not be written to",
  EROFS: "its file system is read-only",
  ENOSPC: "its file system is full",
  ENOTDIR: "a file stands where a folder is wanted",
  EEXIST: "a file stands where a folder is wanted",
};

/**
 * Does some writing in a folder of the project.
 *
 * @throws LocalRunError where the folder does not take it; any other error as it is.
 */
export async function orUnwritable<Result>(folder: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
    const reason = REASONS[code];
    if (reason === undefined) throw error;
    throw new LocalRunError(
      `${folder} cannot be used: ${reason} (${code}). Run it in a clone that you may write to, on a disk with room.`,
    );
  }
}
