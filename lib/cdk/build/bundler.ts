import { existsSync } from "node:fs";
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { FUNCTION_ROLES, type FunctionRole } from "../../contract/deployment/function-role.ts";
import { TARGET_KINDS, type TargetKind } from "../../contract/deployment/target-kind.ts";
import {
  AUDIT_BUNDLE,
  BUNDLE_FILE,
  BUNDLES_FOLDER,
  bundleFolder,
  FILES_BESIDE,
  type FileBeside,
  PACKAGE_FILE,
  PACKAGE_ROOT,
} from "../functions/bundles.ts";
import { KAFKA_CLIENT_ALIASES, kafkaClientPlugin } from "./kafka-client.ts";
import { LAMBDA_SDK_ALIASES, lambdaSdkPlugin } from "./lambda-sdk.ts";
import { bundledPackages } from "./third-party.ts";

export interface Bundle extends BuiltFile {
  readonly functionName: FunctionRole;
  readonly target: TargetKind;
}

export interface BuiltFile {
  /** The bundle's one file. */
  readonly file: string;
  readonly bytes: number;
  /** The folders of the packages whose code is in the bundle, or in the files beside it. */
  readonly packages: readonly string[];
}

export interface BundlerOptions {
  /** The folder that holds `lambdas/` and package.json. @default the package's own root */
  readonly root?: string;
  /** The folder for the bundles. @default `dist/lambdas` of the package */
  readonly outputFolder?: string;
}

/**
 * Builds every function for every target, into `<outputFolder>/<function>-<target>/index.js`.
 *
 * @throws esbuild's own error, with file and line, when a source does not compile.
 */
export async function buildBundles({
  root = PACKAGE_ROOT,
  outputFolder = BUNDLES_FOLDER,
}: BundlerOptions = {}): Promise<readonly Bundle[]> {
  const beside = await Promise.all(Object.entries(SOURCES_BESIDE).map(buildBeside));
  return Promise.all(
    FUNCTION_ROLES.flatMap((functionName) =>
      TARGET_KINDS.map(async (target) => {
        const folder = bundleFolder(outputFolder, functionName, target);
        for (const { file, code } of beside) await writeWhole(join(folder, file), code);
        const bundle = await buildBundle(root, outputFolder, functionName, target);
        const packages = [bundle, ...beside].flatMap((each) => each.packages);
        return { ...bundle, packages: [...new Set(packages)].sort() };
      }),
    ),
  );
}

/**
 * Builds the function that audits on a schedule, into `<outputFolder>/audit/index.js`.
 *
 * @throws esbuild's own error, with file and line, when a source does not compile.
 */
export async function buildAuditBundle({
  root = PACKAGE_ROOT,
  outputFolder = BUNDLES_FOLDER,
}: BundlerOptions = {}): Promise<BuiltFile> {
  const built = await bundled(root, {
    format: "cjs",
    entryPoints: [join(root, "lambdas", `${AUDIT_BUNDLE}.ts`)],
    plugins: [lambdaSdkPlugin],
  });
  return writeBundle(join(outputFolder, AUDIT_BUNDLE), built);
}

const COMMON_JS = Buffer.from('{"type":"commonjs"}\n');

async function buildBundle(
  root: string,
  outputFolder: string,
  functionName: FunctionRole,
  target: TargetKind,
): Promise<Bundle> {
  const built = await bundled(root, {
    format: "cjs",
    entryPoints: [join(root, "lambdas", `${functionName}.ts`)],
    plugins: [targetPlugin(root, target), importsBeside, lambdaSdkPlugin, kafkaClientPlugin],
  });
  return { functionName, target, ...(await writeBundle(bundleFolder(outputFolder, functionName, target), built)) };
}

async function writeBundle(folder: string, { code, packages }: Bundled): Promise<BuiltFile> {
  const file = join(folder, BUNDLE_FILE);
  await writeWhole(join(folder, PACKAGE_FILE), COMMON_JS);
  await writeWhole(file, code);
  return { file, bytes: (await stat(file)).size, packages };
}

/** What the files beside a bundle are made of. */
const SOURCES_BESIDE = {
  "#archive": join(PACKAGE_ROOT, "lib", "aws", "archive", "s3-archive.ts"),
  "#tracing": join(PACKAGE_ROOT, "lib", "aws", "tracing", "open-telemetry.ts"),
} as const satisfies Readonly<Record<FileBeside, string>>;

async function buildBeside([name, source]: [string, string]) {
  const built = await bundled(PACKAGE_ROOT, { format: "esm", entryPoints: [source], plugins: [lambdaSdkPlugin] });
  return { file: FILES_BESIDE[name as FileBeside], ...built };
}

/** The import `#target` is the publisher in that target's folder. */
export const targetPlugin = (root: string, target: TargetKind): Plugin => ({
  name: "target",
  setup(build) {
    const path = join(root, "lib", "targets", target, "publisher.ts");
    build.onResolve({ filter: /^#target$/ }, () => ({ path }));
  },
});

/** Keeps the imports of the files beside the bundle imports at run time. */
const importsBeside: Plugin = {
  name: "imports-beside",
  setup(build) {
    for (const [name, file] of Object.entries(FILES_BESIDE)) {
      build.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: `./${file}`, external: true }));
    }
  },
};

interface Bundled {
  readonly code: Uint8Array;
  readonly packages: readonly string[];
}

async function bundled(root: string, options: BuildOptions): Promise<Bundled> {
  const { outputFiles = [], metafile } = await build({
    ...options,
    absWorkingDir: root,
    metafile: true,
    outfile: BUNDLE_FILE,
    bundle: true,
    platform: "node",
    target: "node24",
    // `module` before `main`: the AWS SDK's ES modules can be tree-shaken, and start 18 ms sooner.
    mainFields: ["module", "main"],
    alias: { ...LAMBDA_SDK_ALIASES, ...KAFKA_CLIENT_ALIASES },
    minify: true,
    sourcemap: false,
    legalComments: "none",
    logLevel: "silent",
    write: false,
  });
  return { code: outputFiles[0]?.contents ?? new Uint8Array(), packages: bundledPackages(metafile, root) };
}

/**
 * Several synths may build at once, and read what another has built. So a file with the same content is left alone, and another
 * one is written outside of the bundle's folder, which is an asset, and then moved into it.
 */
async function writeWhole(file: string, content: Uint8Array): Promise<void> {
  if (existsSync(file) && (await readFile(file)).equals(content)) return;
  const folder = dirname(file);
  const draft = join(dirname(folder), `${basename(folder)}-${basename(file)}.${process.pid}`);
  await mkdir(folder, { recursive: true });
  await writeFile(draft, content);
  await rename(draft, file);
}
