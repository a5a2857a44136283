import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** How two processes are kept on separate cores. */
export type Placement =
  | { readonly kind: "pinned"; readonly client: string; readonly stub: string }
  | { readonly kind: "free"; readonly why: string };

/** Finds a core for the client and another for the stub, with `taskset` (util-linux). */
export function placement(): Placement {
  if (spawnSync("taskset", ["--version"]).status !== 0) {
    return {
      kind: "free",
      why: "there is no taskset here: the client may use more than one core, and takes its turns with the stub",
    };
  }
  const [client, stub] = coresIn(
    /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "",
  );
  if (client === undefined || stub === undefined) {
    return { kind: "free", why: "there is one core only: the client takes its turns with the stub" };
  }
  return { kind: "pinned", client, stub };
}

/** Reads a list such as `0-2,5`. */
export function coresIn(list: string): readonly string[] {
  return list.split(",").flatMap((part) => {
    const [first, last = first] = part.split("-").map(Number);
    if (first === undefined || last === undefined || Number.isNaN(first) || part === "") return [];
    return Array.from({ length: last - first + 1 }, (_unused, index) => String(first + index));
  });
}

/** The command line that runs Node on one core, or on any. */
export function nodeOn(core: string | undefined, args: readonly string[]): readonly [string, readonly string[]] {
  return core === undefined ? [process.execPath, args] : ["taskset", ["-c", core, process.execPath, ...args]];
}
