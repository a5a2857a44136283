import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Counted } from "./record.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const VITEST = "vitest run ";

/** The arguments that a script of package.json gives to vitest. Undefined when it runs something else. */
export function vitestArguments(script: string | undefined): readonly string[] | undefined {
  if (script?.startsWith(VITEST) !== true || /[&|;"'$]/.test(script)) return undefined;
  return ["run", ...script.slice(VITEST.length).trim().split(/\s+/)];
}

/** What vitest's JSON reporter tells of a run. */
export interface VitestReport {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly unknown[];
}

export function countedIn(report: VitestReport): Pick<Counted, "passed" | "figures"> {
  return {
    passed: report.success,
    figures: {
      "tests passed": report.numPassedTests,
      failed: report.numFailedTests,
      skipped: report.numPendingTests + report.numTodoTests,
      files: report.testResults.length,
    },
  };
}

/** Runs vitest in a process of its own, with its output shown. */
export async function runVitest(args: readonly string[]): Promise<VitestReport> {
  const folder = await mkdtemp(join(tmpdir(), "outbox-record-"));
  try {
    const file = join(folder, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const vitest = spawn(process.execPath, [join(ROOT, "node_modules/vitest/vitest.mjs"), ...args, ...reporters], {
      cwd: ROOT,
      stdio: "inherit",
    });
    const [code, signal] = await once(vitest, "exit");
    if (!existsSync(file)) throw new Error(`vitest ended with ${code ?? signal} and told no result`);
    return JSON.parse(await readFile(file, "utf8")) as VitestReport;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
