import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TargetKind } from "../../contract/target-kind.ts";

export const FUNCTION_NAMES = ["relay", "requeuer"] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

/** Compiled, this file is a folder deeper than its source. So the root is looked for, and not counted out. */
export const PACKAGE_ROOT = packageRootAbove(import.meta.dirname);

function packageRootAbove(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : packageRootAbove(dirname(folder));
}

/** Found from this file and not from the working directory, so that an app in another folder finds them too. */
export const BUNDLES_FOLDER = join(PACKAGE_ROOT, "dist", "lambdas");

/**
 * The file that a bundle consists of, a CommonJS module; its handler is `index.handler`. Node loads Node's own modules for
 * an ES module with everything they export, and so starts 3 ms later.
 */
export const BUNDLE_FILE = "index.js";

/** Stands beside each bundle and says that it is CommonJS, wherever the bundle is put. */
export const PACKAGE_FILE = "package.json";

/** Stands beside each bundle, which loads it only where tracing is on; a function without a collector is deployed without it. */
export const TRACING_FILE = "tracing.mjs";

/** The folder of one bundle inside the folder of all of them. Each holds one function and one target's client. */
export const bundleFolder = (bundlesFolder: string, name: FunctionName, target: TargetKind): string =>
  join(bundlesFolder, `${name}-${target}`);

/** A function's code is not there. Whoever runs the app has to build it first. */
export class BundleMissingError extends Error {
  override readonly name = "BundleMissingError";
}

/**
 * The folder of a bundle that is there.
 *
 * @throws BundleMissingError when it was not built.
 */
export function requireBundle(bundlesFolder: string, name: FunctionName, target: TargetKind): string {
  const folder = bundleFolder(bundlesFolder, name, target);
  const file = join(folder, BUNDLE_FILE);
  if (!existsSync(file)) {
    throw new BundleMissingError(
      `The ${name}'s bundle for the target ${target}, ${file}, is missing: run npm run build.`,
    );
  }
  return folder;
}
