import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkoutOf, commandLine } from "./record.ts";
import { countedIn, vitestArguments } from "./vitest-run.ts";

describe("the checkout of a recorded run", () => {
  let folder = "";
  const git = (...args: readonly string[]) => {
    const identity = ["-c", "user.name=a test", "-c", "user.email=test@example.com"];
    expect(spawnSync("git", [...identity, ...args], { cwd: folder }).status).toBe(0);
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "outbox-checkout-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is named by its commit, and changed once a file differs that a suite may read", () => {
    git("init", "--quiet");
    writeFileSync(join(folder, "code.ts"), "1");
    git("add", ".");
    git("commit", "--quiet", "--message", "one");
    const { commit, changed } = checkoutOf(folder);
    expect(commit).toMatch(/^[0-9a-f]{9}$/);
    expect(changed).toBe(false);
    writeFileSync(join(folder, "code.ts"), "2");
    expect(checkoutOf(folder)).toEqual({ commit, changed: true });
  });

  it("must be one of git: what ran could not be told otherwise", () => {
    expect(() => checkoutOf(folder)).toThrow(
      /--record notes which commit ran, so it needs a git checkout. git rev-parse says/,
    );
  });
});

describe("a recorded run", () => {
  it("is named as it was typed, without --record", () => {
    expect(commandLine("soak", ["--minutes", "60", "--record"])).toBe("npm run soak -- --minutes 60");
    expect(commandLine("sim", ["--record"])).toBe("npm run sim");
  });

  it("of vitest has what the script gives to vitest", () => {
    expect(vitestArguments("vitest run --project e2e")).toEqual(["run", "--project", "e2e"]);
    for (const other of [undefined, "tsx bench/run.ts", "vitest run --project unit && vitest run", "vitest"]) {
      expect(vitestArguments(other)).toBeUndefined();
    }
  });

  it("of vitest counts its tests, and has passed when vitest says so", () => {
    const report = { success: false, numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 };
    expect(countedIn({ ...report, testResults: [{}, {}] })).toEqual({
      passed: false,
      figures: { "tests passed": 5, failed: 1, skipped: 3, files: 2 },
    });
  });
});
