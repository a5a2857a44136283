import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { changedFiles } from "./changed-files.ts";

const folder = mkdtempSync(join(tmpdir(), "changed-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const git = (...args: readonly string[]) =>
  execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args], { cwd: folder, stdio: "pipe" });

function commit(file: string): void {
  writeFileSync(join(folder, file), file);
  git("add", ".");
  git("commit", "--quiet", "--message", file);
}

describe("the files that changed", () => {
  it("are those since the fork on a branch, those of the last commit on main, and unknown at the first commit", () => {
    git("init", "--quiet", "--initial-branch=main");
    expect(changedFiles(folder)).toBeUndefined();
    commit("one.ts");
    expect(changedFiles(folder)).toBeUndefined();
    commit("two.ts");
    expect(changedFiles(folder)).toEqual(["two.ts"]);
    git("switch", "--quiet", "--create", "branch");
    commit("three.ts");
    commit("four.ts");
    expect(changedFiles(folder)).toEqual(["four.ts", "three.ts"]);
  });
});
