import { spawnSync } from "node:child_process";

/**
 * The files that differ from where this branch left the main one, or, on the main branch, from the commit before.
 * Undefined where the clone has neither.
 */
export function changedFiles(folder: string): readonly string[] | undefined {
  const git = (...args: readonly string[]) => {
    const { status, stdout } = spawnSync("git", args, { cwd: folder, encoding: "utf8" });
    return status === 0 ? stdout.trim() : undefined;
  };
  const head = git("rev-parse", "HEAD");
  const forks = ["origin/main", "main"].map((main) => git("merge-base", "HEAD", main));
  const base = forks.find((fork) => fork !== undefined && fork !== head) ?? git("rev-parse", "--verify", "HEAD~1");
  if (base === undefined) return undefined;
  return git("diff", "--name-only", "--diff-filter=d", base)?.split("\n").filter(Boolean);
}
