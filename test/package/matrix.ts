/**
 * What the packed package is tried with. Versions are pinned, so that a run does not depend on its day; the floors are those of
 * `peerDependencies`. `matrix.test.ts` holds the two together, and says that every pair of values meets in a cell.
 */

/** Two apps: one with the oldest of everything, one with the newest. */
export const APPS = {
  floor: [
    "aws-cdk-lib@2.225.0",
    "constructs@10.0.0",
    "@aws-sdk/client-dynamodb@3.901.0",
    "@aws-sdk/lib-dynamodb@3.901.0",
    "@types/node@20.19.43",
    "typescript@5.4.5",
    "esbuild@0.25.0",
    "jest@29.7.0",
    "ts-jest@29.1.2",
    "@types/jest@29.5.12",
    "vitest@4.1.11",
  ],
  newest: [
    "aws-cdk-lib@2.276.0",
    "constructs@10.8.1",
    "@aws-sdk/client-dynamodb@3.1169.0",
    "@types/node@24.10.1",
    "typescript@6.0.3",
    "esbuild@0.28.2",
    "jest@30.5.2",
    "ts-jest@29.4.15",
    "@types/jest@30.0.0",
    "vitest@5.1.2",
  ],
} as const;
export type AppName = keyof typeof APPS;
export const APP_NAMES = ["floor", "newest"] as const satisfies readonly AppName[];

export const COMPILERS = { "5.4": "5.4.5", "5.9": "5.9.3", "6.0": "6.0.3", "7.0": "7.0.2" } as const;
export const NODES = { "20": "20.20.2", "22": "22.23.5", "24": "24.21.0" } as const;
export type Compiler = keyof typeof COMPILERS;
export type NodeMajor = keyof typeof NODES;

const COMPILER_NAMES = Object.keys(COMPILERS) as Compiler[];
const NODE_NAMES = Object.keys(NODES) as NodeMajor[];

/** How the compiler looks for modules, with the kind of modules it makes. */
export const RESOLUTIONS = {
  node10: { module: "commonjs", sources: ["use.ts"], runs: ["use.js"] },
  bundler: { module: "esnext", sources: ["use.mts"], runs: ["use.mjs"] },
  node16: { module: "node16", sources: ["use.cts", "use.mts"], runs: ["use.cjs", "use.mjs"] },
  nodenext: { module: "nodenext", sources: ["use.cts", "use.mts"], runs: ["use.cjs", "use.mjs"] },
} as const;
export type Resolution = keyof typeof RESOLUTIONS;
export const RESOLUTION_NAMES = Object.keys(RESOLUTIONS) as Resolution[];

export interface CompilerCell {
  readonly compiler: Compiler;
  readonly resolution: Resolution;
  readonly node: NodeMajor;
  readonly app: AppName;
}

/** TypeScript 7 has no `node10` any more. */
export const exists = (compiler: string, resolution: string): boolean =>
  !(compiler === "7.0" && resolution === "node10");

export const COMPILER_CELLS: readonly CompilerCell[] = COMPILER_NAMES.flatMap((compiler, i) =>
  RESOLUTION_NAMES.flatMap((resolution, j) =>
    exists(compiler, resolution)
      ? [{ compiler, resolution, node: at(NODE_NAMES, i + j), app: at(APP_NAMES, i + j) }]
      : [],
  ),
);

export const RUNNERS = ["jest", "vitest", "node:test"] as const;
export type Runner = (typeof RUNNERS)[number];

/** vitest 5 does not run on Node 20: the app of the floors has vitest 4. */
export const RUNNER_CELLS: readonly { readonly runner: Runner; readonly app: AppName; readonly node: NodeMajor }[] = [
  { runner: "jest", app: "floor", node: "20" },
  { runner: "jest", app: "floor", node: "22" },
  { runner: "jest", app: "newest", node: "24" },
  { runner: "vitest", app: "floor", node: "20" },
  { runner: "vitest", app: "newest", node: "22" },
  { runner: "vitest", app: "newest", node: "24" },
  { runner: "node:test", app: "floor", node: "24" },
  { runner: "node:test", app: "newest", node: "20" },
  { runner: "node:test", app: "newest", node: "22" },
];

function at<Entry>(list: readonly Entry[], index: number): Entry {
  const entry = list[index % list.length];
  if (entry === undefined) throw new Error("The list is empty");
  return entry;
}
