import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, parse } from "node:path";
import { build } from "esbuild";
import { type Bundle, buildBundles } from "../lib/cdk/build/bundler.ts";
import { type Child, startChild } from "./child.ts";
import { nodeOn, type Placement } from "./cores.ts";
import type { Bench } from "./workload.ts";

export interface BenchOptions {
  readonly rounds: number;
  readonly placement: Placement;
  readonly signal: AbortSignal;
  progress(workload: string, text: string): void;
}

/** The parts that all workloads of one run share, and a {@link Bench} for each of them. */
export interface Harness {
  /** Runs one workload's measurement, and ends its processes afterwards, even if it failed. */
  with<Result>(workload: string, measure: (bench: Bench) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** CommonJS packages inside an ES module need `require` for Node's modules. */
const REQUIRE = 'import{createRequire as requireFrom}from"node:module";const require=requireFrom(import.meta.url);';

export async function harness({ rounds, placement, signal, progress }: BenchOptions): Promise<Harness> {
  const folder = await mkdtemp(join(tmpdir(), "outbox-relay-bench-"));
  const programs = new Map<string, Promise<string>>();
  let built: Promise<readonly Bundle[]> | undefined;

  const bundles = () => {
    built ??= buildBundles({ outputFolder: join(folder, "lambdas") });
    return built;
  };
  const program = (path: string) => {
    const known = programs.get(path) ?? bundledInto(join(folder, "programs"), path);
    programs.set(path, known);
    return known;
  };

  return {
    async with(workload, measure) {
      const own = await mkdtemp(join(folder, `${workload}-`));
      const children: Child[] = [];
      const endAll = () => Promise.all(children.map((child) => child.end()));
      signal.addEventListener("abort", endAll);
      const bench: Bench = {
        rounds,
        progress: (text) => progress(workload, text),
        folder: own,
        placement,
        signal,
        bundles,
        async bundle(functionName, target) {
          const found = (await bundles()).find((one) => one.functionName === functionName && one.target === target);
          if (found === undefined)
            throw new Error(`There is no bundle of the ${functionName} for the target ${target}`);
          return found;
        },
        program,
        start(file, { core, environment = {}, args = [], nodeOptions = [] }) {
          signal.throwIfAborted();
          const [command, commandArgs] = nodeOn(placement.kind === "pinned" ? placement[core] : undefined, [
            ...nodeOptions,
            file,
            ...args,
          ]);
          const child = startChild(command, commandArgs, { PATH: process.env["PATH"], ...environment });
          children.push(child);
          return child;
        },
      };
      try {
        return await measure(bench);
      } finally {
        signal.removeEventListener("abort", endAll);
        await endAll();
      }
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function bundledInto(folder: string, path: string): Promise<string> {
  const file = join(folder, `${parse(path).dir.replaceAll("/", "-")}-${parse(path).name}.mjs`);
  await mkdir(folder, { recursive: true });
  await build({
    entryPoints: [join(import.meta.dirname, path)],
    outfile: file,
    bundle: true,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    banner: { js: REQUIRE },
    logLevel: "error",
  });
  return file;
}
