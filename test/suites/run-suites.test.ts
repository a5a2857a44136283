import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SUITE_NAMES } from "../reliability/run.ts";
import { counted, runSuites, type SuitesOptions } from "./run-suites.ts";
import { type Group, LONG, QUICK, recording, type Suite } from "./suites.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "outbox-suites-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const printing = (name: string, text: string, exitCode = 0): Suite => ({
  name,
  command: [process.execPath, "-e", `console.log(${JSON.stringify(text)}); process.exitCode = ${exitCode}`],
});

type Told = Pick<SuitesOptions, "onBegin" | "onEnd">;

const run = (groups: readonly Group[], told: Told = {}, { signal } = new AbortController()) =>
  runSuites(groups, { folder, environment: { PATH: process.env["PATH"] ?? "" }, logs: folder, signal, ...told });

/** What begins and ends, in order. */
async function orderOf(groups: readonly Group[]): Promise<readonly string[]> {
  const order: string[] = [];
  await run(groups, {
    onBegin: (name) => order.push(`${name} begins`),
    onEnd: ({ name }) => order.push(`${name} ends`),
  });
  return order;
}

describe("suites of tests", () => {
  it("all run, also after one that fails, and each tells what it printed", async () => {
    const suites = [printing("bad", "Tests  1 failed | 2 passed (3)", 1), printing("good", " Tests  4 passed (4)")];
    expect(await run([{ width: 1, suites }])).toMatchObject([
      { name: "bad", isOk: false, passed: 2, failed: 1, output: expect.stringContaining("it ended with code 1") },
      { name: "good", isOk: true, passed: 4, failed: 0, output: " Tests  4 passed (4)\n" },
    ]);
  });

  it("run side by side as the group is wide, and in turn where they write to the same place", async () => {
    const written = join(folder, "written");
    const until = `setInterval(() => require("node:fs").existsSync(${JSON.stringify(written)}) && process.exit(), 10)`;
    const waiting: Suite = { name: "waiting", command: [process.execPath, "-e", until] };
    const writing: Suite = { name: "writing", command: ["touch", written] };
    const together = await orderOf([{ width: 2, suites: [waiting, writing] }]);
    expect(together.slice(0, 2)).toEqual(["waiting begins", "writing begins"]);

    const suites = ["one", "two"].map((name) => ({ ...printing(name, ""), writes: "dist" }));
    const inTurn = await orderOf([{ width: 2, suites }]);
    expect(inTurn).toEqual(["one begins", "one ends", "two begins", "two ends"]);
  });

  it("end when they are told to stop", async () => {
    const stopping = new AbortController();
    const endless: Suite = { name: "endless", command: [process.execPath, "-e", "setInterval(() => {}, 1_000)"] };
    const onBegin = () => stopping.abort(new Error("Stopped by SIGINT."));
    const done = run([{ width: 1, suites: [endless, printing("next", "")] }], { onBegin }, stopping);
    await expect(done).rejects.toThrow("Stopped by SIGINT.");
  });

  it("are counted as their runners count, and as one where no runner does", () => {
    expect(counted("Tests  3 passed (3)\n\u001b[2m      Tests \u001b[22m 2 failed | 5 passed (7)", false)).toEqual({
      isOk: false,
      passed: 8,
      failed: 2,
    });
    expect(counted("no violation", true)).toEqual({ isOk: true, passed: 1, failed: 0 });
    expect(counted("1 seed with violations", false)).toEqual({ isOk: false, passed: 0, failed: 1 });
    // All tests passed, and the runner failed: an error outside of tests.
    expect(counted("Tests  3 passed (3)", false)).toEqual({ isOk: false, passed: 3, failed: 1 });
    // A runner that hides its failures behind exit code 0 is not believed.
    expect(counted("Tests  1 failed (1)", true)).toEqual({ isOk: false, passed: 0, failed: 1 });
  });

  it("are recorded by their own commands, and the others run as they are", () => {
    const plain: Suite = { name: "plain", command: ["plain"] };
    const told: Suite = { name: "told", command: ["told"], recorded: ["told", "--record"] };
    const [group] = recording([{ width: 2, suites: [plain, told] }]);
    expect(group).toMatchObject({ width: 2, suites: [{ command: ["plain"] }, { command: ["told", "--record"] }] });

    const suites = [...QUICK, ...LONG].flatMap((each) => each.suites);
    const recorded = suites.flatMap(({ recorded: [, , script, , ...names] = [] }) =>
      script === "record" ? names : [],
    );
    expect(recorded.length).toBeGreaterThan(0);
    for (const name of recorded) expect(SUITE_NAMES).toContain(name);
  });

  it("have names of their own", () => {
    const names = [...QUICK, ...LONG].flatMap(({ suites }) => suites.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
  });
});
