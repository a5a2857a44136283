import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Deletes a folder that a process which is still ending may write to. */
export function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/**
 * Deletes the folders of processes that were killed before they could tidy up.
 *
 * @param prefix - the beginning of their names; the id of the process follows.
 */
export async function removeLeftovers(folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(prefix) && !isAlive(Number.parseInt(name.slice(prefix.length), 10))) {
      // A child of the killed process may still write to it; then a later start deletes it.
      await removeFolder(join(folder, name)).catch(() => {});
    }
  }
}

/** Whether a process of that id exists. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) {
    // A folder of that name was not made by a process, so it may be in use.
    return true;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists and belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
