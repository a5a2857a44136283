import { execFile } from "node:child_process";
import { promisify } from "node:util";

interface ChildProcess {
  readonly pid: number;
  readonly command: string;
}

/** The running children of a process. */
export async function childrenOf(parent: number): Promise<readonly ChildProcess[]> {
  const listing = promisify(execFile)("ps", ["-A", "-ww", "-o", "pid=,ppid=,stat=,args="]);
  const { stdout } = await listing;
  return stdout.split("\n").flatMap((line) => {
    const [pid, ppid, state = "", ...command] = line.trim().split(/\s+/);
    // The program that prints the list is a child too, and so is an ended process that is not collected yet, in state Z.
    const counts = Number(pid) !== listing.child.pid && !state.startsWith("Z");
    return Number(ppid) === parent && counts ? [{ pid: Number(pid), command: command.join(" ") }] : [];
  });
}

/**
 * Kills the processes in which the emulator runs functions, as if their machine died. No handler is told.
 *
 * @returns how many there were.
 */
export async function killWorkers(emulatorPid: number, functionNames: readonly string[]): Promise<number> {
  // The emulator unpacks a function into a folder of its name and runs it from there.
  const workers = (await childrenOf(emulatorPid)).filter(({ command }) =>
    functionNames.some((name) => command.includes(name)),
  );
  for (const { pid } of workers) process.kill(pid, "SIGKILL");
  return workers.length;
}
