import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** The processes that a process has started and that still run. */
export async function childrenOf(parent: number): Promise<readonly number[]> {
  const listing = promisify(execFile)("ps", ["-A", "-o", "pid=,ppid=,stat="]);
  const { stdout } = await listing;
  return stdout.split("\n").flatMap((line) => {
    const [pid, ppid, state = ""] = line.trim().split(/\s+/);
    // The list itself comes from a child; and one that ended and is not collected yet is a child too, in state Z.
    const counts = Number(pid) !== listing.child.pid && !state.startsWith("Z");
    return Number(ppid) === parent && counts ? [Number(pid)] : [];
  });
}

/**
 * Kills the processes in which the emulator runs functions, as a machine dies under them: no handler hears of it.
 *
 * @returns how many there were.
 */
export async function killWorkers(emulatorPid: number): Promise<number> {
  const workers = await childrenOf(emulatorPid);
  for (const pid of workers) process.kill(pid, "SIGKILL");
  return workers.length;
}
